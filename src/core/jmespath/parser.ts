import { called } from './calls.js';
import type { FunctionEntry } from './functions.js';
import { readToken } from './lexer.js';
import { type Binary, OPERATORS } from './operators.js';
import type { ListedPart, Part } from './part.js';
import { eachOf, HERE, joined, type Reach, visited } from './paths.js';
import { aside } from './run.js';
import {
  chained,
  field,
  flatItems,
  type ItemsOf,
  indexed,
  listItems,
  matching,
  memberValues,
  projected,
  selected,
  sliced,
} from './selectors.js';
import { syntaxError } from './syntax-error.js';
import { isFalse } from './values.js';

/** Deeper expressions are refused, since the closures that evaluate them nest as deeply. */
const MAX_DEPTH = 200;

/** How tightly the signs bind that are not plain binary operators. */
const FLATTEN = 9;
const STAR = 20;
const FILTER = 21;
const DOT = 40;
const NOT = 45;
const PIPE = 1;
const COMPARISON = 5;

const CURRENT: Part = [(data) => data, HERE];

const member = (name: string): Part => [field(name), [1, [[name]]]];

const reachOf = (parts: readonly ListedPart[]): Reach => eachOf(parts.map(([, reach]) => reach));

const reachOfCall = (name: string, parts: readonly ListedPart[]): Reach => {
  const [first, second] = parts;
  if (!first || !second) return reachOf(parts);
  // `header(headers, 'name')` ends in the header's name, `map(&name, items)` in the items' names.
  if (name === 'header') return joined(first[1], [second[1][0], [[`${second[2]}`]]]);
  if (first[4]) return joined(second[1], first[1]);
  return second[4] ? joined(first[1], visited(second[1])) : reachOf(parts);
};

/**
 * Top-down operator precedence, in one pass, in time linear in the length: each part becomes a closure, and
 * evaluation repeats no decision that the expression alone determines.
 *
 * @throws Error that shows the place, for invalid syntax
 */
export const parse = (expression: string, functions: ReadonlyMap<string, FunctionEntry>): Part => {
  let [type, value, at, end] = readToken(expression, 0);
  let endBefore = 0;
  let depth = 0;

  const fail = (message: string, place = at): never => {
    throw syntaxError(expression, place, message);
  };
  const unexpected = (expected = ''): never => {
    const text = expression.slice(at, end);
    if (type === 'number') fail(`a number is written in backticks: \`${text}\``);
    if (/^['"`]$/.test(type)) fail(`this ${type} is not closed`);
    return fail((text === '' ? 'the expression ends too early' : `unexpected ${text}`) + expected);
  };
  const advance = (): void => {
    endBefore = end;
    [type, value, at, end] = readToken(expression, end);
  };
  const skip = (wanted: string): boolean => {
    const found = type === wanted;
    if (found) advance();
    return found;
  };
  const expect = (wanted: string): void => {
    if (!skip(wanted)) unexpected(`: expected ${wanted}`);
  };
  const deeper = (): void => {
    if (++depth > MAX_DEPTH) fail(`the expression is nested deeper than ${MAX_DEPTH} levels`);
  };

  const powerOf = (sign: string): number => OPERATORS[sign]?.[0] ?? 0;

  const expressionOf = (power: number): Part => {
    const depthBefore = depth;
    deeper();
    let left = prefix();
    while (power < powerOf(type)) {
      // Each operator wraps everything before it.
      deeper();
      left = infix(left);
    }
    depth = depthBefore;
    return left;
  };

  const part = (isReference: boolean): ListedPart => {
    const place = isReference ? at - 1 : at;
    const [evaluate, reach, literal] = expressionOf(0);
    return [evaluate, reach, literal, expression.slice(place, endBefore), isReference];
  };
  const partsUntil = (close: string, read: () => ListedPart): ListedPart[] => {
    const parts = [read()];
    while (skip(',')) parts.push(read());
    expect(close);
    return parts;
  };

  const select = (close: string, names?: string[]): Part => {
    const parts = partsUntil(close, () => {
      if (names) {
        names.push(value as string);
        if (!skip('name') && !skip('quoted')) unexpected(': expected a name');
        expect(':');
      }
      return part(false);
    });
    return [selected(parts, names), reachOf(parts)];
  };

  const call = (name: string, place: number): Part => {
    const failHere = (message: string) => fail(message, place);
    const entry =
      functions.get(name) ?? failHere(`unknown function ${name}(); jmesPathOptions can define it`);
    const parts = skip(')') ? [] : partsUntil(')', () => part(skip('&')));
    return [called(name, entry, parts, failHere), reachOfCall(name, parts)];
  };

  const chain = ([left, reach]: Part, [right, reachOfRight]: Part): Part => [
    chained(left, right),
    joined(reach, reachOfRight),
  ];

  const afterDot = (power: number): Part => {
    if (skip('[')) return select(']');
    if (skip('{')) return select('}', []);
    return /^(name|quoted|\*)$/.test(type) ? expressionOf(power) : unexpected(': expected a name, *, [ or {');
  };

  /** Whatever follows a projection belongs to it, up to an operator that binds less tightly than `[]`. */
  const project = ([left, reach]: Part, itemsOf: ItemsOf, power: number): Part => {
    const [right, reachOfRight] = skip('.')
      ? afterDot(power)
      : powerOf(type) > FLATTEN
        ? expressionOf(power)
        : CURRENT;
    return [projected(left, itemsOf, right), joined(reach, reachOfRight)];
  };

  /** After `[`: an index, a slice, or `*`. */
  const bracket = (left: Part): Part => {
    if (skip('*')) {
      expect(']');
      return project(left, listItems, STAR);
    }
    const range: (number | undefined)[] = [undefined];
    do {
      if (type === ':' && range.length < 3) range.push(undefined);
      else if (type === 'number' && range.at(-1) === undefined) range[range.length - 1] = value as number;
      else unexpected(': expected [number], [start:stop:step] or [*]');
      advance();
    } while (!skip(']'));
    const [start, stop, by] = range;
    if (range.length === 1) return chain(left, [indexed(start as number), HERE]);
    if (by === 0) fail('the step of a slice cannot be 0');
    return project(left, sliced(start, stop, by), STAR);
  };

  const prefix = (): Part => {
    const given = value as string;
    const place = at;
    if (skip('literal')) {
      // At most one item more than there are commas.
      return [() => given, [expression.slice(place, endBefore).split(',').length, []], given];
    }
    if (skip('name')) return skip('(') ? call(given, place) : member(given);
    if (skip('quoted')) return member(given);
    if (skip('@')) return CURRENT;
    if (skip('*')) return project(CURRENT, memberValues, STAR);
    if (skip('{')) return select('}', []);
    if (skip('!')) {
      const [operand, reach] = expressionOf(NOT);
      const condition = aside(operand);
      return [(data, run) => isFalse(condition(data, run)), visited(reach)];
    }
    if (skip('(')) {
      const inner = expressionOf(0);
      expect(')');
      return inner;
    }
    if (type === '[]' || type === '[?') return infix(CURRENT);
    if (!skip('[')) unexpected();
    const isStar = type === '*' && readToken(expression, end)[0] === ']';
    return isStar || type === 'number' || type === ':' ? bracket(CURRENT) : select(']');
  };

  const infix = (left: Part): Part => {
    if (skip('.')) return skip('*') ? project(left, memberValues, DOT) : chain(left, afterDot(DOT));
    if (skip('[')) return bracket(left);
    if (skip('[]')) return project(left, flatItems, FLATTEN);
    if (skip('[?')) {
      const [condition, reach] = expressionOf(0);
      expect(']');
      return project([left[0], joined(left[1], visited(reach))], matching(aside(condition)), FILTER);
    }
    const [power, combine] = OPERATORS[type] as Binary;
    advance();
    const [evaluate, reach] = left;
    const [right, reachOfRight] = expressionOf(power);
    const both = power === PIPE ? joined(reach, reachOfRight) : eachOf([reach, reachOfRight]);
    return [combine(evaluate, right), power === COMPARISON ? visited(both) : both];
  };

  const tree = expressionOf(0);
  if (type !== '') unexpected();
  return tree;
};
