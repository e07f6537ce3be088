import type { Context } from 'aws-lambda';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { shared } from '../core/protocol/shared.js';
import type { PersistenceStore } from '../core/protocol/store.js';
import { lambdaName } from './host.js';

/** The scope of a handler's calls; that of an inner function's adds its name. */
export const handlerScope = (context: Context | undefined): string =>
  lambdaName() ?? context?.functionName ?? 'local';

type AnyFunction = (...args: never[]) => unknown;

/** What tells one wrapped function from another. */
export interface FunctionIdentity {
  /** Absent where a front never sees the function. */
  readonly fn?: WeakRef<AnyFunction>;
  readonly source: string;
  /** Where it was wrapped. */
  readonly site: string;
}

/** The places in the code that led to the call of `front`, the nearest first. */
const callSitesOf = (front: AnyFunction): readonly string[] => {
  const trace: { stack?: string } = {};
  Error.captureStackTrace(trace, front);
  const [, ...frames] = trace.stack?.split('\n') ?? [];
  return frames.map((frame) => frame.trim());
};

/** The part of an identity that lies in the function itself. */
export const identityOfFunction = (fn: AnyFunction): Pick<FunctionIdentity, 'fn' | 'source'> => ({
  fn: new WeakRef(fn),
  source: Function.prototype.toString.call(fn),
});

/** @param front the function that the user called to wrap */
export const identityAt = (front: AnyFunction): FunctionIdentity => ({
  source: '',
  site: callSitesOf(front)[0] ?? '',
});

/** `__esDecorate`, `__decorateElement`, `applyDecs`, `memberDec`: what compilers call a decorator with. */
const ofCompiler = /^at (\S* )?\S*dec\S* \(/i;

/**
 * A decorator that a project makes of `idempotent()` stands at one place for all of its classes; what differs is the
 * class whose definition calls it.
 *
 * @param decorate what the class's definition calls
 */
export const identityInClass = ({ site }: FunctionIdentity, decorate: AnyFunction): FunctionIdentity => {
  const definition = callSitesOf(decorate).find((frame) => !ofCompiler.test(frame)) ?? '';
  return { source: '', site: `${site} ${definition}` };
};

/**
 * A closure that is made and wrapped anew on every invocation is one function: same source, same place.
 * Source alone would take bound methods, or what one helper makes of two functions, for one.
 */
const isSame = (one: FunctionIdentity, other: FunctionIdentity): boolean => {
  const fn = one.fn?.deref();
  if (fn !== undefined && fn === other.fn?.deref()) return true;
  return one.source === other.source && one.site === other.site;
};

/** Who owns which scope of a store in this process, whichever copy of this library wrapped it. */
const owners = shared('scopes/1', () => new WeakMap<PersistenceStore, Map<string, FunctionIdentity>>());

/** A prefix per tenant, wrapped anew for every invocation, must not grow this without end. */
const MAX_SCOPES = 1_000;

/** `fn.name`, without what `bind` puts before it. */
export const functionName = (fn: AnyFunction): string => fn.name.replace(/^(bound )+/, '');

/**
 * Refuses two different functions under one scope on one store: each would answer the other's callers.
 *
 * @throws IdempotencyConfigError for the second one
 */
export const occupyScope = (store: PersistenceStore, scope: string, identity: FunctionIdentity): void => {
  const ofStore = owners.get(store) ?? new Map<string, FunctionIdentity>();
  owners.set(store, ofStore);
  const owner = ofStore.get(scope);
  if (owner === identity) return;
  if (owner !== undefined && !isSame(owner, identity)) {
    throw new IdempotencyConfigError(
      `Two different functions use the scope "${scope}" on one store, and would replay each other's results: give each its own \`keyPrefix\`. (A bundler that renames functions makes names meet: set its keepNames option.) Nothing ran.`,
    );
  }
  const [oldest] = ofStore.keys();
  if (owner === undefined && oldest !== undefined && ofStore.size >= MAX_SCOPES) ofStore.delete(oldest);
  ofStore.set(scope, identity);
};
