/** How much of a long expression messages show on either side of the place. */
const AROUND = 60;

/** The line of the expression that has the place, and a caret under it. */
const pointedAt = (expression: string, at: number): string => {
  const lineStart = expression.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = expression.indexOf('\n', at);
  const from = Math.max(lineStart, at - AROUND);
  const to = Math.min(lineEnd < 0 ? expression.length : lineEnd, at + AROUND);
  const before = (from > lineStart ? '…' : '') + expression.slice(from, at).replaceAll('\t', ' ');
  return `\n  ${before}${expression.slice(at, to)}\n  ${' '.repeat(before.length)}^`;
};

/** What is wrong, and under it where: for messages when a function is wrapped. */
export const syntaxError = (expression: string, at: number, message: string): Error =>
  new Error(message + pointedAt(expression, at));
