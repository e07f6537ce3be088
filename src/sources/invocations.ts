import type { EventSource } from '../core/protocol/source.js';
import { declareSource, type KeyField } from './declare.js';
import { anyCase, checkedKey, member, textOf, wellKnownField } from './fields.js';
import { providers } from './providers.js';
import type { Recognised } from './recognise.js';

export interface InvokeSourceOptions {
  /** The one member of the payload that holds the key. Default: `idempotency-key` in any letter case, then the well-known ones. */
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

const isPayload = (recognised: Recognised | undefined): boolean => recognised === undefined;

/** What Step Functions' context object counts anew per attempt, where the payload carries it. */
const ATTEMPTS: Readonly<Record<string, string>> = {
  State: 'RetryCount',
  Task: 'Token',
  Execution: 'RedriveCount',
};

const withoutAttempts = (event: unknown): unknown => {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return event;
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => {
      const counted = Object.hasOwn(ATTEMPTS, name) ? ATTEMPTS[name] : undefined;
      if (counted === undefined || typeof value !== 'object' || value === null) return [name, value];
      const { [counted]: _, ...rest } = value as Record<string, unknown>;
      return [name, rest];
    }),
  );
};

/**
 * A task of a Step Functions state machine. The service gives no key: inject one into the payload,
 * `States.Format('{}/{}', $$.Execution.Id, $$.State.Name)`, with the item's index in a Map and a counter in a loop.
 */
export const stepFunctions = (options: InvokeSourceOptions = {}): EventSource =>
  declareSource({
    name: 'stepFunctions',
    windowSeconds: providers.stepFunctions.window,
    recognises: isPayload,
    keys: [fieldKey(options)],
    fingerprint: withoutAttempts,
  });

/** A custom resource of CloudFormation. */
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
  });

/**
 * A direct invocation. Without a key in the payload it is the request id, which is the same only across Lambda's own
 * retries of an asynchronous invocation: a caller that invokes again has a new one.
 */
export const invoke = (options: InvokeSourceOptions = {}): EventSource =>
  declareSource({
    name: 'invoke',
    windowSeconds: providers.lambdaAsync.window,
    recognises: isPayload,
    keys: [fieldKey(options), { madeBy: 'service', read: (_event, context) => context?.awsRequestId }],
    fingerprint: withoutAttempts,
  });

/** Where the durable execution SDK's context tells of its execution. */
export const executionOf = (context: unknown): string | undefined =>
  textOf(context, 'executionContext', 'durableExecutionArn');

/** A durable function: its execution, whatever the number of invocations that replay it. */
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
  });
