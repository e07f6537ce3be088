import type { Node, Part } from './ast.js';
import {
  CURRENT,
  chained,
  DOT,
  FILTER,
  FLATTEN,
  NOT,
  POWER,
  PROJECTION_END,
  projected,
  STAR,
} from './grammar.js';
import { type Token, tokenize } from './lexer.js';
import { syntaxError } from './syntax-error.js';

/** Deeper ones are refused: what evaluates them is nested as deeply. */
export const MAX_DEPTH = 200;

/**
 * Top-down operator precedence, in time linear in the length.
 *
 * @throws Error with the place, for wrong syntax
 */
export const parse = (expression: string): Node => {
  const tokens = tokenize(expression);
  let position = 0;
  let depth = 0;

  const peek = (ahead = 0): Token => tokens[Math.min(position + ahead, tokens.length - 1)] as Token;
  const next = (): Token => {
    const token = peek();
    position++;
    return token;
  };
  const skip = (type: string): boolean => {
    const found = peek().type === type;
    if (found) position++;
    return found;
  };
  const fail = ({ at }: Token, message: string): never => {
    throw syntaxError(expression, at, message);
  };
  const unexpected = (token: Token, expected?: string): never => {
    const { type, at, end } = token;
    if (type === 'number') fail(token, `a number is written in backticks: \`${token.value}\``);
    const what = type === 'end' ? 'the expression ends too early' : `unexpected ${expression.slice(at, end)}`;
    return fail(token, expected ? `${what}: expected ${expected}` : what);
  };
  const expect = (type: string): void => {
    if (!skip(type)) unexpected(peek(), type);
  };

  const expressionOf = (power: number): Node => {
    if (++depth > MAX_DEPTH) fail(peek(), `the expression is nested deeper than ${MAX_DEPTH} levels`);
    let left = prefix(next());
    while (power < (POWER[peek().type] ?? 0)) left = infix(next(), left);
    depth--;
    return left;
  };

  const partOf = (name?: string, parsePart = () => expressionOf(0)): Part => {
    const { at } = peek();
    const node = parsePart();
    const text = expression.slice(at, tokens[position - 1]?.end);
    return name === undefined ? { node, text, at } : { node, text, at, name };
  };
  const partsUntil = (close: string, parsePart: () => Part): readonly Part[] => {
    const parts = [parsePart()];
    while (skip(',')) parts.push(parsePart());
    if (!skip(close)) unexpected(peek(), `, or ${close}`);
    return parts;
  };

  const list = (): Node => ({ kind: 'list', parts: partsUntil(']', partOf) });
  const member = (): Part => {
    const name = next();
    if (name.type !== 'name' && name.type !== 'quoted') unexpected(name, 'a name');
    expect(':');
    return partOf(name.value as string);
  };
  const hash = (): Node => ({ kind: 'hash', parts: partsUntil('}', member) });

  const argument = (): Part =>
    partOf(undefined, () => (skip('&') ? { kind: 'reference', child: expressionOf(0) } : expressionOf(0)));
  const call = ({ value, at, type }: Token): Node => {
    if (type === 'quoted') fail(peek(-1), "a function's name has no quotes");
    expect('(');
    const parts = skip(')') ? [] : partsUntil(')', argument);
    return { kind: 'call', name: value as string, at, parts };
  };

  const letIn = (): Node => {
    const bindings = [];
    do {
      const variable = next();
      if (variable.type !== 'variable') unexpected(variable, 'a variable such as $name');
      expect('=');
      bindings.push(partOf(variable.value as string));
    } while (skip(','));
    const keyword = next();
    if (keyword.type !== 'name' || keyword.value !== 'in') unexpected(keyword, 'in');
    return { kind: 'let', bindings, body: expressionOf(0) };
  };

  const afterDot = (power: number): Node => {
    const { type } = peek();
    if (type === 'name' || type === 'quoted' || type === '*') return expressionOf(power);
    if (skip('[')) return list();
    if (skip('{')) return hash();
    return unexpected(peek(), 'a name, *, [ or {');
  };

  const afterProjection = (power: number): Node => {
    const { type } = peek();
    if ((POWER[type] ?? 0) < PROJECTION_END) return CURRENT;
    if (type === '[' || type === '[?') return expressionOf(power);
    expect('.');
    return afterDot(power);
  };

  /** Behind `[`: an index, a slice, or `*`. */
  const bracket = (left: Node): Node => {
    if (skip('*')) {
      expect(']');
      return projected(left, 'list', afterProjection(STAR));
    }
    const range: (number | undefined)[] = [undefined];
    const start = peek();
    while (!skip(']')) {
      const token = next();
      if (token.type === ':' && range.length < 3) range.push(undefined);
      else if (token.type === 'number' && range.at(-1) === undefined)
        range[range.length - 1] = token.value as number;
      else
        fail(
          token,
          token.type === 'end' ? 'this [ is not closed' : 'expected a number, :, * or ] inside [ ]',
        );
    }
    const [index] = range;
    if (range.length === 1) {
      if (index === undefined) return unexpected(start);
      return chained(left, { kind: 'path', steps: [index] });
    }
    if (range[2] === 0) fail(start, 'the step of a slice cannot be 0');
    return projected(chained(left, { kind: 'slice', range }), 'slice', afterProjection(STAR));
  };

  const filtered = (left: Node): Node => {
    const filter = expressionOf(0);
    expect(']');
    return { kind: 'project', left, over: 'list', filter, right: afterProjection(FILTER) };
  };

  const flattened = (child: Node): Node =>
    projected({ kind: 'flatten', child }, 'list', afterProjection(FLATTEN));

  const prefix = (token: Token): Node => {
    const { type, value, at } = token;
    switch (type) {
      case 'literal':
        return { kind: 'literal', value };
      case 'variable':
        return { kind: 'variable', name: value as string, at };
      case 'name':
      case 'quoted':
        if (value === 'let' && peek().type === 'variable') return letIn();
        return peek().type === '(' ? call(token) : { kind: 'path', steps: [value as string] };
      case '@':
        return CURRENT;
      case '$':
        return { kind: 'root' };
      case '!':
        return { kind: 'not', child: expressionOf(NOT) };
      case '-':
        return { kind: 'negate', child: expressionOf(POWER['-'] as number) };
      case '+':
        return { kind: 'plus', child: expressionOf(POWER['+'] as number) };
      case '*':
        return projected(CURRENT, 'values', afterProjection(STAR));
      case '[?':
        return filtered(CURRENT);
      case '[]':
        return flattened(CURRENT);
      case '{':
        return hash();
      case '[': {
        const first = peek();
        const isStar = first.type === '*' && peek(1).type === ']';
        return isStar || first.type === 'number' || first.type === ':' ? bracket(CURRENT) : list();
      }
      case '(': {
        const inner = expressionOf(0);
        expect(')');
        return inner;
      }
      case '&':
        return fail(token, '& stands before an argument of a function such as sort_by()');
      default:
        return unexpected(token, 'a name, a literal or a function');
    }
  };

  const infix = (token: Token, left: Node): Node => {
    const { type } = token;
    const rest = (): Node => expressionOf(POWER[type] as number);
    switch (type) {
      case '.':
        return skip('*') ? projected(left, 'values', afterProjection(DOT)) : chained(left, afterDot(DOT));
      case '[':
        return bracket(left);
      case '[?':
        return filtered(left);
      case '[]':
        return flattened(left);
      case '|':
        return { kind: 'pipe', left, right: rest() };
      case '||':
        return { kind: 'or', left, right: rest() };
      case '&&':
        return { kind: 'and', left, right: rest() };
      case '?': {
        const yes = expressionOf(0);
        expect(':');
        return { kind: 'ternary', test: left, left: yes, right: expressionOf(0) };
      }
      default:
        return {
          kind: (POWER[type] as number) === 5 ? 'compare' : 'arithmetic',
          sign: type,
          left,
          right: rest(),
        };
    }
  };

  const tree = expressionOf(0);
  if (peek().type !== 'end') unexpected(peek());
  return tree;
};
