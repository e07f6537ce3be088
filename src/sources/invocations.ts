import type { EventSource } from '../core/protocol/source.js';
import { declareSource, type KeyField } from './declare.js';
import { anyCase, checkedKey, listOf, member, textOf, WELL_KNOWN_FIELDS, wellKnownField } from './fields.js';
import { providers } from './providers.js';
import type { Recognised } from './recognise.js';

export interface InvokeSourceOptions {
  /** Field of the payload that holds the key. Default: `idempotency-key` in any letter case, then the well-known fields. */
  readonly field?: string;
}

const fieldKey = ({ field }: InvokeSourceOptions): KeyField<unknown> => ({
  madeBy: 'client',
  read: (event) => {
    if (field !== undefined)
      return checkedKey(member(event, ...field.split('.')), `\`${field}\` of the payload`);
    const [key] = anyCase(event, 'idempotency-key');
    return checkedKey(key, '`idempotency-key` of the payload') ?? wellKnownField(event, 'the payload');
  },
});

const lookedForIn = ({ field }: InvokeSourceOptions): string =>
  listOf([['payload field', field === undefined ? ['idempotency-key', ...WELL_KNOWN_FIELDS] : [field]]]);

const isPayload = (recognised: Recognised | undefined): boolean => recognised === undefined;

/** Fields of Step Functions' context object that change with every attempt; a payload may contain that object. */
const ATTEMPT_FIELDS: Readonly<Record<string, string>> = {
  State: 'RetryCount',
  Task: 'Token',
  Execution: 'RedriveCount',
};

const withoutAttempts = (event: unknown): unknown => {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return event;
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => {
      const counted = Object.hasOwn(ATTEMPT_FIELDS, name) ? ATTEMPT_FIELDS[name] : undefined;
      if (counted === undefined || typeof value !== 'object' || value === null) return [name, value];
      const { [counted]: _, ...rest } = value as Record<string, unknown>;
      return [name, rest];
    }),
  );
};

/**
 * A task of a Step Functions state machine. The service sends no key: add one to the payload,
 * `States.Format('{}/{}', $$.Execution.Id, $$.State.Name)`; in a Map with the item's index, in a loop with a counter.
 * Window: 90 days.
 *
 * @example
 * ```ts
 * import { stepFunctions } from 'lambda-idempotency/sources';
 *
 * const config = { source: stepFunctions({ field: 'idempotencyKey' }), throwOnNoIdempotencyKey: true };
 * ```
 */
export const stepFunctions = (options: InvokeSourceOptions = {}): EventSource =>
  declareSource({
    name: 'stepFunctions',
    windowSeconds: providers.stepFunctions.window,
    recognises: isPayload,
    keys: [fieldKey(options)],
    lookedFor: lookedForIn(options),
    fingerprint: withoutAttempts,
  });

/**
 * A custom resource of CloudFormation. The key is stack, request and logical resource. Window: 6 hours.
 *
 * @example
 * ```ts
 * import { cloudFormation } from 'lambda-idempotency/sources';
 *
 * const config = { source: cloudFormation() };
 * ```
 */
export const cloudFormation = (): EventSource =>
  declareSource({
    name: 'cloudFormation',
    windowSeconds: providers.lambdaAsync.window,
    keys: [
      {
        madeBy: 'service',
        read: (event) => {
          const parts = ['StackId', 'RequestId', 'LogicalResourceId'].map((name) => textOf(event, name));
          return parts.includes(undefined) ? undefined : parts;
        },
      },
    ],
    lookedFor: 'no StackId, RequestId and LogicalResourceId together',
  });

/**
 * A direct invocation. Without a key in the payload, the key is the request id. It stays the same only when Lambda itself
 * retries an asynchronous invocation; a caller that invokes again gets a new one. Window: 6 hours.
 *
 * @example
 * ```ts
 * import { invoke } from 'lambda-idempotency/sources';
 *
 * const config = { source: invoke({ field: 'orderId' }) };
 * ```
 */
export const invoke = (options: InvokeSourceOptions = {}): EventSource =>
  declareSource({
    name: 'invoke',
    windowSeconds: providers.lambdaAsync.window,
    recognises: isPayload,
    keys: [fieldKey(options), { madeBy: 'service', read: (_event, context) => context?.awsRequestId }],
    lookedFor: `${lookedForIn(options)}, nor an awsRequestId in the context`,
    fingerprint: withoutAttempts,
  });

/** The execution's ARN, in the context of the durable execution SDK. */
export const executionOf = (context: unknown): string | undefined =>
  textOf(context, 'executionContext', 'durableExecutionArn');

/**
 * A durable function. The key is its execution, no matter how many invocations replay it. Window: 366 days.
 *
 * @example
 * ```ts
 * import { durable } from 'lambda-idempotency/sources';
 *
 * const config = { source: durable() };
 * ```
 */
export const durable = (): EventSource =>
  declareSource({
    name: 'durable',
    windowSeconds: providers.lambdaDurable.window,
    recognises: () => true,
    keys: [
      {
        madeBy: 'service',
        read: (_event, context) => executionOf(context),
      },
    ],
    lookedFor: 'no executionContext.durableExecutionArn in the context',
  });
