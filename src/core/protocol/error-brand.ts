/** Holds the class name on an error's prototype; shared by the ESM and CJS builds. */
const BRAND: unique symbol = Symbol.for('lambda-idempotency.error') as never;

interface ErrorClass {
  readonly prototype: Error;
}

/** Gives each class its `name` and its brand. They come from the keys, because minifiers rename classes. */
export const brandErrors = (classes: Readonly<Record<string, ErrorClass>>): void => {
  for (const [name, { prototype }] of Object.entries(classes)) {
    Object.defineProperty(prototype, BRAND, { value: name });
    Object.defineProperty(prototype, 'name', { value: name, configurable: true, writable: true });
  }
};

/** `value instanceof errorClass`, by brand, so that it also holds for an error of the other build. */
export const isInstance = (errorClass: ErrorClass, value: unknown): boolean => {
  const wanted = Object.getOwnPropertyDescriptor(errorClass.prototype, BRAND)?.value;
  // A user's subclass has no brand of its own, so the ordinary rules apply.
  if (wanted === undefined) return Function.prototype[Symbol.hasInstance].call(errorClass, value);
  for (let link = value; typeof link === 'object' && link !== null; link = Object.getPrototypeOf(link)) {
    if (Object.getOwnPropertyDescriptor(link, BRAND)?.value === wanted) return true;
  }
  return false;
};
