import type { Host } from '../core/config/resolve.js';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { type FunctionIdentity, identityAt, identityInClass } from './function-identity.js';
import { nodeHost } from './host.js';
import { type IdempotentFunctionOptions, wrap } from './make-idempotent.js';

type Method<This, Args extends readonly unknown[], Result> = (this: This, ...args: Args) => Result;

/**
 * Fits TC39 decorators and TypeScript's `experimentalDecorators`, on methods. A decorator cannot change a method's type:
 * one that is not async returns a promise from then on, whatever its type says.
 */
export interface IdempotentDecorator {
  <This, Args extends readonly unknown[], Result>(
    method: Method<This, Args, Result>,
    context: ClassMethodDecoratorContext<This, Method<This, Args, Result>>,
  ): Method<This, Args, Result>;
  <Args extends readonly unknown[], Result>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<(...args: Args) => Result>,
  ): void;
}

type AnyMethod = (this: unknown, ...args: unknown[]) => unknown;

const isTc39 = (value: unknown): value is ClassMethodDecoratorContext =>
  typeof value === 'object' && value !== null && 'kind' in value;

/** @param site where the user applies the decorator */
export const decoratorFor = (
  options: IdempotentFunctionOptions<never>,
  site: FunctionIdentity,
  host: Host,
): IdempotentDecorator => {
  const decorate = (...[target, place, descriptor]: [unknown, unknown, PropertyDescriptor?]): unknown => {
    const identity = identityInClass(site, decorate);
    const wrapMethod = (method: AnyMethod, name = ''): AnyMethod =>
      wrap(method, options, identity, host, name);
    // Compilers pass a private method without its name.
    if (isTc39(place) && place.kind === 'method') return wrapMethod(target as AnyMethod, String(place.name));
    if (typeof descriptor?.value === 'function') {
      descriptor.value = wrapMethod(descriptor.value);
      return undefined;
    }
    throw new IdempotencyConfigError('@idempotent decorates methods only, not a class, field or accessor.');
  };
  return decorate as IdempotentDecorator;
};

/**
 * `makeIdempotent` as a method decorator.
 *
 * @throws IdempotencyConfigError for invalid options, when the class is defined
 * @example
 * ```ts
 * import { idempotent } from 'lambda-idempotency';
 * import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
 *
 * const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency' });
 *
 * class Orders {
 *   @idempotent({ persistenceStore, config: { eventKeyJmesPath: 'id' } })
 *   async place(order: { id: string }): Promise<string> {
 *     return `ordered ${order.id}`;
 *   }
 * }
 * ```
 */
export const idempotent = <Payload = unknown, Result = unknown>(
  options: IdempotentFunctionOptions<Payload, number, Result>,
): IdempotentDecorator =>
  decoratorFor(options as IdempotentFunctionOptions<never>, identityAt(idempotent), nodeHost);
