import type { Node } from './ast.js';
import { type Callable, callWith } from './calls.js';
import { MAX_DEPTH } from './parser.js';
import { aside, type Evaluate, flattened, pathOf, projected, selected, sliced } from './selectors.js';
import { syntaxError } from './syntax-error.js';
import { calculate, isEqual, isFalse, isOrdered } from './values.js';

export interface Compiler {
  readonly expression: string;
  readonly find: (name: string) => Callable | undefined;
  /** How many variables the expression binds. */
  variables: number;
  /** Whether the result may hold a part of the data many times, and be far larger when it is written out. */
  multiplies: number;
}

/** Where in `run.variables` a variable is. */
type Slots = ReadonlyMap<string, number>;
type Kind<K extends Node['kind']> = Extract<Node, { readonly kind: K }>;
type Compile = (node: Node, slots?: Slots) => Evaluate;

/** Each node becomes a closure: evaluating then decides nothing that the expression has decided. */
export const compileNode = (
  compiler: Compiler,
  node: Node,
  slots: Slots = new Map(),
  depth = 1,
): Evaluate => {
  if (depth > MAX_DEPTH) {
    throw syntaxError(compiler.expression, 0, `the expression is nested deeper than ${MAX_DEPTH} levels`);
  }
  const of: Compile = (inner, inside = slots) => compileNode(compiler, inner, inside, depth + 1);
  switch (node.kind) {
    case 'current':
      return (data) => data;
    case 'root':
      compiler.multiplies = Infinity;
      return (_, run) => run.root;
    case 'literal':
      return () => node.value;
    case 'path':
      return pathOf(node.steps);
    case 'slice':
      return sliced(node.range);
    case 'flatten':
      return flattened(of(node.child));
    case 'project':
      return projected(of(node.left), of(node.right), node.over, node.filter && aside(of(node.filter)));
    case 'list':
    case 'hash': {
      compiler.multiplies *= node.parts.length;
      const parts = node.parts.map((part) => of(part.node));
      return selected(parts, node.parts, node.kind === 'hash');
    }
    case 'call':
      return called(compiler, node, of);
    case 'variable':
      return variable(compiler, node, slots);
    case 'let':
      return letIn(compiler, node, slots, of);
    case 'reference':
      return of(node.child);
    case 'not':
    case 'negate':
    case 'plus':
      return unary(node.kind, of(node.child));
    default:
      return binary(node, of);
  }
};

const unary = (kind: 'not' | 'negate' | 'plus', child: Evaluate): Evaluate => {
  if (kind === 'not') {
    const condition = aside(child);
    return (data, run) => isFalse(condition(data, run));
  }
  return (data, run) => calculate(kind === 'plus' ? '+' : '-', 0, child(data, run));
};

const binary = (
  node: Kind<'chain' | 'pipe' | 'or' | 'and' | 'ternary' | 'compare' | 'arithmetic'>,
  of: Compile,
): Evaluate => {
  const left = of(node.left);
  const right = of(node.right);
  switch (node.kind) {
    case 'chain':
      return (data, run) => {
        const value = left(data, run);
        return value === null ? null : right(value, run);
      };
    case 'pipe':
      return (data, run) => right(left(data, run), run);
    case 'or':
    case 'and': {
      const endsOnFalse = node.kind === 'and';
      return (data, run) => {
        const { lost } = run;
        const value = left(data, run);
        if (isFalse(value) === endsOnFalse) return value;
        run.lost = lost;
        return right(data, run);
      };
    }
    case 'ternary': {
      const test = aside(of(node.test));
      return (data, run) => (isFalse(test(data, run)) ? right : left)(data, run);
    }
    case 'compare':
      return aside(comparison(node.sign, left, right));
    default:
      return (data, run) => calculate(node.sign, left(data, run), right(data, run));
  }
};

const comparison = (sign: string, left: Evaluate, right: Evaluate): Evaluate => {
  if (sign !== '==' && sign !== '!=') {
    return (data, run) => isOrdered(sign, left(data, run), right(data, run));
  }
  const isWanted = sign === '==';
  return (data, run) => isEqual(run, left(data, run), right(data, run)) === isWanted;
};

const called = (compiler: Compiler, { name, at, parts }: Kind<'call'>, of: Compile): Evaluate => {
  const { expression } = compiler;
  const callable = compiler.find(name);
  if (!callable) throw syntaxError(expression, at, `unknown function ${name}()`);
  const { fewest, most, parameters } = callable;
  if (parts.length < fewest || parts.length > most) {
    const wanted =
      fewest === most ? fewest : most === Infinity ? `at least ${fewest}` : `${fewest} to ${most}`;
    throw syntaxError(
      expression,
      at,
      `${name}() takes ${wanted} ${wanted === 1 ? 'argument' : 'arguments'}, and has ${parts.length}`,
    );
  }
  compiler.multiplies *= Math.max(1, parts.length);
  const args = parts.map(({ node, at: place }, index) => {
    const isReference = node.kind === 'reference';
    if (isReference !== (parameters[index] === 'e')) {
      const wanted = isReference ? 'no expression reference' : 'an expression reference such as &name';
      throw syntaxError(expression, place, `argument ${index + 1} of ${name}() must be ${wanted}`);
    }
    return { isReference, evaluate: isReference && name !== 'map' ? aside(of(node)) : of(node) };
  });
  const texts = parts.map(({ text }) => text);
  return (data, run) => {
    const values = args.map(({ isReference, evaluate }) =>
      isReference ? (item: unknown) => evaluate(item ?? null, run) : evaluate(data, run),
    );
    return callWith(run, callable, values, texts);
  };
};

const variable = (compiler: Compiler, { name, at }: Kind<'variable'>, slots: Slots): Evaluate => {
  const slot = slots.get(name);
  if (slot === undefined) throw syntaxError(compiler.expression, at, `unknown variable $${name}`);
  compiler.multiplies = Infinity;
  return (_, run) => run.variables[slot];
};

const letIn = (compiler: Compiler, { bindings, body }: Kind<'let'>, slots: Slots, of: Compile): Evaluate => {
  const inner = new Map(slots);
  const bound = bindings.map(({ node, name = '' }) => {
    const evaluate = of(node);
    const slot = compiler.variables++;
    inner.set(name, slot);
    return { slot, evaluate };
  });
  const evaluateBody = of(body, inner);
  return (data, run) => {
    for (const { slot, evaluate } of bound) run.variables[slot] = evaluate(data, run);
    return evaluateBody(data, run);
  };
};
