import { syntaxError } from './syntax-error.js';

/** A sign is its own type; the other types say what `value` is. */
export interface Token {
  readonly type: string;
  /** The name, the number, or the literal's value. */
  readonly value: unknown;
  readonly at: number;
  readonly end: number;
}

/** Unrolled, so that matching is linear in the length, closed or not. */
const TOKEN =
  /(?<name>[A-Za-z_]\w*)|(?<number>-?\d+)|(?<quoted>"[^"\\]*(?:\\.[^"\\]*)*")|(?<json>`[^`\\]*(?:\\.[^`\\]*)*`)|(?<raw>'[^'\\]*(?:\\.[^'\\]*)*')|\$(?<variable>[A-Za-z_]\w*)|(?<sign>\[[?\]]|[=!<>]=|&&|\|\||\/\/|[.*,:@()[\]{}+%?!<>=&|/$−×÷-])/sy;

const SPACE = /[\t\n\r ]*/y;

/** A name that goes on behind a hyphen: `Idempotency-Key` in `headers.Idempotency-Key`. */
const HYPHENATED = /[A-Za-z_]\w*(?:-+\w+)+/y;

/** The signs of the Unicode keyboard mean the same. */
const ASCII: Readonly<Record<string, string>> = { '−': '-', '×': '*', '÷': '/' };

const NAMES: readonly string[] = ['name', 'quoted'];

const parsed = (expression: string, at: number, json: string, what: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    throw syntaxError(expression, at, what);
  }
};

const readValue = (type: string, text: string, expression: string, at: number): unknown => {
  switch (type) {
    case 'number':
      return Number(text);
    case 'quoted':
      return parsed(expression, at, text, 'a name in double quotes is written as a JSON string');
    case 'json':
      return parsed(
        expression,
        at,
        text.slice(1, -1).replaceAll('\\`', '`'),
        'what is in backticks must be JSON; a string is written as \'…\' or `"…"`',
      );
    case 'raw':
      return text.slice(1, -1).replace(/\\(['\\])/g, '$1');
    default:
      return text;
  }
};

const unknownSign = (expression: string, at: number): Error => {
  const sign = String.fromCodePoint(expression.codePointAt(at) ?? 0);
  const isQuote = '\'"`'.includes(sign);
  return syntaxError(expression, at, isQuote ? `this ${sign} is not closed` : `unexpected ${sign}`);
};

/** In some dialects a subtraction, in others wrong: what was meant is nearly always a header's name. */
const refuseHyphen = (expression: string, tokens: readonly Token[], at: number): void => {
  HYPHENATED.lastIndex = at;
  const [name] = HYPHENATED.exec(expression) ?? [];
  if (name === undefined) return;
  let first = tokens.length;
  while (tokens[first - 1]?.type === '.' && NAMES.includes(tokens[first - 2]?.type ?? '')) first -= 2;
  const before = expression.slice(tokens[first]?.at ?? at, at);
  throw syntaxError(
    expression,
    at + name.indexOf('-'),
    `a name with a hyphen needs quotes: write ${before}"${name}" (a subtraction needs spaces round its sign)`,
  );
};

/** @throws Error with the place, for what is no token */
export const tokenize = (expression: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(expression)?.[0].length ?? 0;
    if (at >= expression.length) break;
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(expression);
    const [kind, text] = Object.entries(found?.groups ?? {}).find(([, group]) => group !== undefined) ?? [];
    if (!found || !kind || text === undefined) throw unknownSign(expression, at);
    if (kind === 'name') refuseHyphen(expression, tokens, at);
    const end = at + found[0].length;
    const type =
      kind === 'sign' ? (ASCII[text] ?? text) : kind === 'json' || kind === 'raw' ? 'literal' : kind;
    tokens.push({ type, value: readValue(kind, text, expression, at), at, end });
    at = end;
  }
  tokens.push({ type: 'end', value: '', at, end: at });
  return tokens;
};
