import { syntaxError } from './syntax-error.js';

/** A sign is its own type, and the end is the type `''`; the other types say what `value` is. */
export type Token = readonly [type: string, value: unknown, at: number, end: number];

/**
 * Optional space, then a name, a number, a quoted text or a sign. A name includes its hyphens:
 * `Idempotency-Key`. It always matches, and in only one way, so the time is linear in the length.
 */
const TOKEN =
  /[\t\n\r ]*(([A-Za-z_]\w*(?:-+\w+)*)|(-?\d+)|(["'`])(?:\\.|(?!\4)[^\\])*\4|\[[?\]]|[=!<>]=|([&|])\5|.?)/suy;

/** @throws Error that shows the place, if no token starts there */
export const readToken = (expression: string, from: number): Token => {
  TOKEN.lastIndex = from;
  const [, text = '', name, number, quote] = TOKEN.exec(expression) ?? [];
  const end = TOKEN.lastIndex;
  const at = end - text.length;
  const token = (type: string, value: unknown): Token => [type, value, at, end];
  if (name) {
    // Nearly always meant as the name of a header.
    const hyphen = name.indexOf('-');
    if (hyphen < 0) return token('name', name);
    throw syntaxError(expression, at + hyphen, `a name with a hyphen needs quotes: "${name}"`);
  }
  if (number) return token('number', Number(number));
  if (!quote) return token(text, text);
  const content = text.slice(1, -1);
  if (quote === "'") return token('literal', content.replace(/\\(['\\])/g, '$1'));
  const isName = quote === '"';
  try {
    return token(isName ? 'quoted' : 'literal', JSON.parse(isName ? text : content.replaceAll('\\`', '`')));
  } catch {
    throw syntaxError(
      expression,
      at,
      `${isName ? 'a name in quotes' : 'a literal in backticks'} must be JSON`,
    );
  }
};
