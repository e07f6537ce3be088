import { compile, TreeInterpreter, TYPE_ANY } from '@jmespath-community/jmespath';
import { type CompiledExpression, isAbsentPart, type JmesPathOptions } from '../keys/selection.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import { asRecord, builtIn, isPowertoolsFunctions } from './functions.js';

/** The parts of a syntax tree that are read here; the engine does not export its type. */
interface Node {
  readonly type: string;
  readonly name?: string;
  readonly left?: Node;
  readonly right?: Node;
  readonly child?: Node;
  readonly value?: Node;
  readonly children?: readonly Node[];
}

type Interpreter = typeof TreeInterpreter;
type Tree = ReturnType<typeof compile>;

/** A separate interpreter: the engine's shared one may be in use by the user. */
const makeInterpreter = (options: JmesPathOptions | undefined): Interpreter => {
  const interpreter = new (Object.getPrototypeOf(TreeInterpreter).constructor as new () => Interpreter)();
  const { runtime } = interpreter;
  const standard = new Set(runtime.getRegistered());
  for (const [name, [call, signature]] of Object.entries(builtIn)) {
    runtime.register(name, (args) => call(...(args as never[])) as never, signature);
  }
  const custom = asRecord(options);
  for (const [name, call] of Object.entries(custom)) {
    if (typeof call !== 'function') throw new Error(`\`${name}\` is not a function`);
    if (standard.has(name)) {
      if (
        options &&
        isPowertoolsFunctions('customFunctions' in options ? options.customFunctions : options)
      ) {
        continue; // The class inherits JMESPath's standard functions, which the engine has.
      }
      throw new Error(`\`${name}\` is a standard JMESPath function; choose another name for yours`);
    }
    const anything = [{ types: [TYPE_ANY], variadic: true, optional: true }];
    const guarded = (args: unknown[]): never => {
      try {
        return (call as (...all: unknown[]) => never)(...args);
      } catch (cause) {
        throw new KeyMaterialError(`the custom function ${name}() threw`, { cause });
      }
    };
    runtime.register(name, guarded, anything, { override: true });
  }
  return interpreter;
};

const functionNames = (node: unknown, names: string[] = []): string[] => {
  if (typeof node !== 'object' || node === null) return names;
  if ((node as Node).type === 'Function') names.push((node as Node).name ?? '');
  for (const child of Object.values(node)) functionNames(child, names);
  return names;
};

/** The paths that `header(headers, 'name')` selects. */
const headerPaths = ([headers, name]: readonly Node[]): string[][] => {
  const literal: unknown = name?.type === 'Literal' ? name.value : undefined;
  if (!headers || typeof literal !== 'string') return [];
  return pathsOf(headers).map((path) => [...path, literal]);
};

/** The paths of fields in a tree. A function's arguments start new paths. */
const pathsOf = (node: Node): string[][] => {
  switch (node.type) {
    case 'Field':
      return [[node.name ?? '']];
    case 'Subexpression':
    case 'Pipe':
    case 'IndexExpression':
    case 'Projection':
    case 'FilterProjection': {
      const before = node.left ? pathsOf(node.left) : [];
      const after = node.right ? pathsOf(node.right) : [];
      if (after.length === 0) return before;
      return before.length === 0
        ? after
        : before.flatMap((left) => after.map((right) => [...left, ...right]));
    }
    case 'OrExpression':
    case 'AndExpression':
      return [node.left, node.right].flatMap((side) => (side ? pathsOf(side) : []));
    case 'Flatten':
      return node.child ? pathsOf(node.child) : [];
    case 'Function':
      if (node.name === 'header') return headerPaths(node.children ?? []);
      return (node.children ?? []).flatMap(pathsOf);
    case 'MultiSelectList':
      return (node.children ?? []).flatMap(pathsOf);
    case 'MultiSelectHash':
      return (node.children ?? []).flatMap((child) => (child.value ? pathsOf(child.value) : []));
    default:
      return [];
  }
};

/** Whether any part of a composite key is absent, such as `userId` in `[userId, orderId]`. */
const isIncomplete = (node: Node | undefined, value: unknown): boolean => {
  if (isAbsentPart(value)) return true;
  const items = Array.isArray(value) ? value : undefined;
  switch (node?.type) {
    case 'Pipe':
    case 'Subexpression':
    case 'IndexExpression':
      return isIncomplete(node.right, value);
    case 'MultiSelectList':
      return node.children?.some((child, index) => isIncomplete(child, items?.[index])) ?? false;
    case 'MultiSelectHash':
      return (
        node.children?.some((child) =>
          isIncomplete(child.value, (value as Record<string, unknown>)[child.name ?? '']),
        ) ?? false
      );
    case 'Projection':
    case 'FilterProjection':
      return items?.some((item) => isIncomplete(node.right, item)) ?? false;
    default:
      return items?.some(isAbsentPart) ?? false;
  }
};

const search = (interpreter: Interpreter, tree: Tree, data: unknown, expression: string): unknown => {
  try {
    return interpreter.search(tree, data as never);
  } catch (error) {
    if (error instanceof KeyMaterialError) throw error;
    // The engine's messages contain names of functions and types, never values.
    throw new KeyMaterialError(
      `\`${expression}\` cannot be evaluated: ${(error as Error).message.replace(/\.$/, '')}`,
    );
  }
};

/**
 * Parses an expression once. Evaluation then only walks the tree, and throws `KeyMaterialError`.
 *
 * @throws Error for invalid syntax, unknown functions or invalid custom functions
 */
export const compileJmesPath = (expression: string, options?: JmesPathOptions): CompiledExpression => {
  const tree = compile(expression);
  const interpreter = makeInterpreter(options);
  const unknown = functionNames(tree).find((name) => !interpreter.runtime.isRegistered(name));
  if (unknown !== undefined) throw new Error(`unknown function ${unknown}()`);
  return {
    paths: pathsOf(tree as Node),
    select: (data) => {
      const value = search(interpreter, tree, data, expression);
      return { value, incomplete: isIncomplete(tree as Node, value) };
    },
  };
};
