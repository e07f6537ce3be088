/** A setting that the stack gives to the function. */
export const setting = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`The environment variable ${name} is missing: see lib/cake-shop-stack.ts.`);
  return value;
};
