import { syntaxError } from './syntax-error.js';

/** A sign is its own type, and the end is the type `''`; the other types say what `value` is. */
export type Token = readonly [type: string, value: unknown, at: number, end: number];

/**
 * Space, and behind it a name, a number, a quoted text or a sign. A name takes its hyphens along:
 * `Idempotency-Key`. It always matches, and each alternative in one way only: the time is linear in the length.
 */
const TOKEN =
  /[\t\n\r ]*(([A-Za-z_]\w*(?:-+\w+)*)|(-?\d+)|(["'`])(?:\\.|(?!\4)[^\\])*\4|\[[?\]]|[=!<>]=|([&|])\5|.?)/suy;

/** @throws Error with the place, for what is no token */
export const readToken = (expression: string, from: number): Token => {
  TOKEN.lastIndex = from;
  const [, text = '', name, number, quote] = TOKEN.exec(expression) ?? [];
  const end = TOKEN.lastIndex;
  const at = end - text.length;
  if (name) {
    // What was meant is nearly always a header's name.
    if (name.includes('-')) {
      throw syntaxError(expression, at + name.indexOf('-'), `a name with a hyphen needs quotes: "${name}"`);
    }
    return ['name', name, at, end];
  }
  if (number) return ['number', Number(number), at, end];
  if (!quote) return [text, text, at, end];
  const content = text.slice(1, -1);
  if (quote === "'") return ['literal', content.replace(/\\(['\\])/g, '$1'), at, end];
  try {
    if (quote === '"') return ['quoted', JSON.parse(text), at, end];
    return ['literal', JSON.parse(content.replaceAll('\\`', '`')), at, end];
  } catch {
    throw syntaxError(
      expression,
      at,
      `${quote === '"' ? 'a name in quotes' : 'what is in backticks'} must be JSON`,
    );
  }
};
