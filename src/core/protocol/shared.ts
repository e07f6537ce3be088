/**
 * What all copies of this library in one process have in common, as the ESM and the CJS build, or two bundles, must not
 * each have contexts, scopes and polls of their own.
 */
const REGISTRY: unique symbol = Symbol.for('lambda-idempotency.shared') as never;

type Registry = Map<string, unknown>;

/**
 * @param name with a version of its layout: copies of two releases may meet, and share only what both understand
 * @param make called by the copy that is loaded first
 */
export const shared = <Value>(name: string, make: () => Value): Value => {
  const holder = globalThis as { [REGISTRY]?: Registry };
  if (holder[REGISTRY] === undefined) {
    // Not enumerable: nobody who lists the globals should meet it.
    Object.defineProperty(holder, REGISTRY, { value: new Map() });
  }
  const registry = holder[REGISTRY] as Registry;
  if (!registry.has(name)) registry.set(name, make());
  return registry.get(name) as Value;
};
