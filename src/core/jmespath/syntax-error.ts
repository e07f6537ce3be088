/** How many characters of a long expression messages show on either side of the error. */
const AROUND = 60;

/** Says what is wrong, and marks the place below: for messages when a function is wrapped. */
export const syntaxError = (expression: string, at: number, message: string): Error => {
  const from = Math.max(0, at - AROUND);
  const around = expression.slice(from, at + AROUND).replace(/\s/g, ' ');
  return new Error(`${message}\n  ${around}\n  ${' '.repeat(at - from)}^`);
};
