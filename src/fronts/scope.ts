import type { Context } from 'aws-lambda';
import { IdempotencyConfigError } from '../core/errors.js';
import type { PersistenceStore } from '../core/store.js';
import { lambdaName } from './runtime.js';

/** The scope of a handler's calls; that of an inner function's adds its name. */
export const handlerScope = (context: Context | undefined): string =>
  lambdaName() ?? context?.functionName ?? 'local';

/** Who owns which scope of a store in this process. */
const owners = new WeakMap<PersistenceStore, Map<string, string>>();

/** A prefix per tenant, wrapped anew for every invocation, must not grow this without end. */
const MAX_SCOPES = 1_000;

/**
 * A function's name and source: the same for a closure that is wrapped anew on every invocation, different for two
 * functions that share a name by accident.
 */
export const functionIdentity = (fn: (...args: never[]) => unknown): string =>
  `${fn.name}\n${Function.prototype.toString.call(fn)}`;

/**
 * Where the caller of `front` stands in the code: for a front that never sees the function. A chain that is built
 * anew is one function, two chains are two.
 */
export const callSiteOf = (front: (...args: never[]) => unknown): string => {
  const site: { stack?: string } = {};
  Error.captureStackTrace(site, front);
  return site.stack?.split('\n')[1]?.trim() ?? 'unknown';
};

/** `fn.name`, without what `bind` puts before it. */
export const functionName = (fn: (...args: never[]) => unknown): string => fn.name.replace(/^(bound )+/, '');

/**
 * Refuses two different functions under one scope on one store: each would answer the other's callers.
 *
 * @throws IdempotencyConfigError for the second one
 */
export const occupyScope = (store: PersistenceStore, scope: string, identity: string): void => {
  const ofStore = owners.get(store) ?? new Map<string, string>();
  owners.set(store, ofStore);
  const owner = ofStore.get(scope);
  if (owner === identity) return;
  if (owner !== undefined) {
    throw new IdempotencyConfigError(
      `Two different functions use the scope "${scope}" on one store, and would replay each other's results: give each its own \`keyPrefix\`. (A bundler that renames functions makes names meet: set its keepNames option.) Nothing ran.`,
    );
  }
  const [oldest] = ofStore.keys();
  if (oldest !== undefined && ofStore.size >= MAX_SCOPES) ofStore.delete(oldest);
  ofStore.set(scope, identity);
};
