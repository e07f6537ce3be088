import type { Node, Part } from './ast.js';

type Paths = readonly (readonly string[])[];

/** Expressions that end in more fields than this are refused: pipes and variables multiply them. */
const MAX_PATHS = 10_000;

const checkNumber = (paths: number): void => {
  if (paths > MAX_PATHS) throw new Error(`the expression ends in more than ${MAX_PATHS} paths of fields`);
};

const joined = (before: Paths, after: Paths): Paths => {
  if (after.length === 0) return before;
  if (before.length === 0) return after;
  checkNumber(before.length * after.length);
  return before.flatMap((left) => after.map((right) => [...left, ...right]));
};

/** `header(headers, 'name')` ends in the header's name. */
const headerPaths = ([headers, name]: readonly Part[], variables: ReadonlyMap<string, Paths>): Paths => {
  const literal = name?.node.kind === 'literal' ? name.node.value : undefined;
  if (!headers || typeof literal !== 'string') return [];
  return pathsOf(headers.node, variables).map((path) => [...path, literal]);
};

/** The chains of fields that an expression ends in; a part that a function made starts a chain of its own. */
export const pathsOf = (node: Node, variables: ReadonlyMap<string, Paths> = new Map()): Paths => {
  const of = (inner: Node): Paths => pathsOf(inner, variables);
  const ofAll = (nodes: readonly Node[]): Paths => {
    const all = nodes.map(of);
    checkNumber(all.reduce((count, paths) => count + paths.length, 0));
    return all.flat();
  };
  switch (node.kind) {
    case 'path': {
      const names = node.steps.filter((step) => typeof step === 'string');
      return names.length === 0 ? [] : [names];
    }
    case 'chain':
    case 'pipe':
    case 'project':
      return joined(of(node.left), of(node.right));
    case 'or':
    case 'and':
    case 'ternary':
    case 'arithmetic':
      return ofAll([node.left, node.right]);
    case 'flatten':
    case 'negate':
    case 'plus':
      return of(node.child);
    case 'call': {
      const [first, second] = node.parts;
      if (node.name === 'header') return headerPaths(node.parts, variables);
      if (first?.node.kind === 'reference' && second) return joined(of(second.node), of(first.node.child));
      return ofAll(node.parts.map((part) => part.node));
    }
    case 'list':
    case 'hash':
      return ofAll(node.parts.map((part) => part.node));
    case 'variable':
      return variables.get(node.name) ?? [];
    case 'let': {
      const bound = node.bindings.map((part): [string, Paths] => [part.name ?? '', of(part.node)]);
      return pathsOf(node.body, new Map([...variables, ...bound]));
    }
    default:
      return [];
  }
};
