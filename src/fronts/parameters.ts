type AnyFunction = (...args: never[]) => unknown;

/** Comments may hold any character. (In a list without defaults there are no strings to mistake for them.) */
const withoutComments = (source: string): string => source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

/** An arrow's only parameter, without parentheses. */
const bareParameter = /^\s*(async\s+)?[\w$]+\s*=>/;

/**
 * How many parameters a function has, or undefined if `length` does not tell: it stops at the first default value,
 * leaves rest parameters out, and knows nothing of `arguments` or of what a bound function stands for.
 */
export const parameterCount = (fn: AnyFunction): number | undefined => {
  const text = Function.prototype.toString.call(fn);
  if (/\barguments\b|\[native code\]/.test(text)) return undefined;
  const source = withoutComments(text);
  if (bareParameter.test(source)) return fn.length;
  const [head = '', list = ''] = source.split(/[()]/, 2);
  // The first parenthesis may belong to a computed name.
  return /[=[]/.test(head) || /=|\.\.\./.test(list) ? undefined : fn.length;
};
