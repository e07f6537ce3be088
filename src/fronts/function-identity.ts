import type { Context } from 'aws-lambda';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { shared } from '../core/protocol/shared.js';
import type { PersistenceStore } from '../core/protocol/store.js';
import { lambdaName } from './host.js';

/** The scope of a handler's calls. An inner function's scope adds the function's name. */
export const handlerScope = (context: Context | undefined): string =>
  lambdaName() ?? context?.functionName ?? 'local';

type AnyFunction = (...args: never[]) => unknown;

/** Several frames, since compilers call decorators through helper functions. */
const CALL_SITES = 10;

/** What distinguishes one wrapped function from another. */
export interface FunctionIdentity {
  /** Absent if the front never sees the function. */
  readonly fn?: WeakRef<AnyFunction>;
  readonly source: string;
  /** Where it was wrapped. */
  readonly site: string;
}

/** Settings of V8's stack traces. A program may change them: for source maps, for tracing, to save time. */
const traceSettings = ['prepareStackTrace', 'stackTraceLimit'] as const;

const setTrace = (setting: string, value: unknown): boolean =>
  Reflect.defineProperty(Error, setting, { value, configurable: true, writable: true });

/** The stack frames that led to the call of `front`, nearest first; empty if the settings are frozen. */
const callSitesOf = (front: AnyFunction): readonly string[] => {
  const before = traceSettings.map((name) => [name, Object.getOwnPropertyDescriptor(Error, name)] as const);
  try {
    setTrace('stackTraceLimit', CALL_SITES);
    setTrace('prepareStackTrace', (_error: unknown, sites: readonly unknown[]) => sites.map(String));
    const trace: { stack?: unknown } = {};
    Error.captureStackTrace(trace, front);
    // Read here: the trace is prepared when it is first read.
    return Array.isArray(trace.stack) ? trace.stack : [];
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Reflect.defineProperty(Error, name, descriptor);
      else Reflect.deleteProperty(Error, name);
    }
  }
};

/** The part of an identity that comes from the function itself. */
export const identityOfFunction = (fn: AnyFunction): Pick<FunctionIdentity, 'fn' | 'source'> => ({
  fn: new WeakRef(fn),
  source: Function.prototype.toString.call(fn),
});

/** @param front the function that the user called to wrap */
export const identityAt = (front: AnyFunction): FunctionIdentity => ({
  source: '',
  site: callSitesOf(front)[0] ?? '',
});

/** `__esDecorate`, `__decorateElement`, `applyDecs`, `memberDec`: compilers' helpers that call decorators. */
const ofCompiler = /^(\S* )?\S*dec\S* \(/i;

/**
 * A project may define its own decorator with `idempotent()`, once for all of its classes. Then only the class
 * definitions that call it differ.
 *
 * @param decorate the function that the class definition calls
 */
export const identityInClass = ({ site }: FunctionIdentity, decorate: AnyFunction): FunctionIdentity => {
  const definition = callSitesOf(decorate).find((frame) => !ofCompiler.test(frame)) ?? '';
  return { source: '', site: `${site} ${definition}` };
};

/**
 * A closure that is created and wrapped on every invocation counts as one function: same source, same place. The source
 * alone is not enough: bound methods, and closures from one helper, all have the same source.
 */
const isSame = (one: FunctionIdentity, other: FunctionIdentity): boolean => {
  const fn = one.fn?.deref();
  if (fn !== undefined && fn === other.fn?.deref()) return true;
  return one.source === other.source && one.site === other.site;
};

/** Who owns which scope of a store in this process, whichever copy of this library wrapped it. */
const owners = shared('scopes/1', () => new WeakMap<PersistenceStore, Map<string, FunctionIdentity>>());

/** A new prefix per tenant, wrapped on every invocation, must not let this map grow without limit. */
const MAX_SCOPES = 1_000;

/** `fn.name`, without the prefix that `bind` adds. */
export const functionName = (fn: AnyFunction): string => fn.name.replace(/^(bound )+/, '');

/**
 * Rejects two different functions under one scope of one store: they would replay each other's results.
 *
 * @throws IdempotencyConfigError for the second function
 */
export const occupyScope = (store: PersistenceStore, scope: string, identity: FunctionIdentity): void => {
  const ofStore = owners.get(store) ?? new Map<string, FunctionIdentity>();
  owners.set(store, ofStore);
  const owner = ofStore.get(scope);
  if (owner === identity) return;
  if (owner !== undefined && !isSame(owner, identity)) {
    throw new IdempotencyConfigError(
      `Two different functions use the scope "${scope}" on one store, and would replay each other's results. Give each function a name of its own, or its own \`keyPrefix\`. (A function without a name takes the Lambda's scope, as a handler does. A bundler may rename functions: set its keepNames option.) Nothing ran.`,
    );
  }
  const [oldest] = ofStore.keys();
  if (owner === undefined && oldest !== undefined && ofStore.size >= MAX_SCOPES) ofStore.delete(oldest);
  ofStore.set(scope, identity);
};
