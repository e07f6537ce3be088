import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Context } from 'aws-lambda';
import {
  IdempotencyConfig,
  type IdempotencyConfigOptions,
  identify,
  makeIdempotent,
} from 'lambda-idempotency';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
import {
  alb,
  anySource,
  apiGatewayRest,
  cloudFormation,
  durable,
  dynamodbStreams,
  type EventSource,
  eventBridge,
  httpApi,
  invoke,
  kafka,
  kinesis,
  s3,
  s3ViaEventBridge,
  sns,
  snsToSqs,
  sqs,
  sqsFifo,
  stepFunctions,
} from 'lambda-idempotency/sources';
import { createIdempotency, ManualClock } from 'lambda-idempotency/testing';
import {
  albEvent,
  cloudFormationEvent,
  context,
  durableContext,
  durablePayload,
  dynamodbEvent,
  eventBridgeEvent,
  fifoRecord,
  httpEvent,
  invokePayload,
  kinesisEvent,
  mskEvent,
  restEvent,
  s3Event,
  s3ViaEventBridgeEvent,
  snsEvent,
  snsToSqsRecord,
  sqsRecord,
  stepFunctionsPayload,
} from './fixtures.js';

type Config = IdempotencyConfigOptions<never>;

const windows: readonly (readonly [string, EventSource, unknown, number])[] = [
  ['apiGatewayRest()', apiGatewayRest(), restEvent, 86_400],
  ['httpApi()', httpApi(), httpEvent, 86_400],
  ['httpApi({ windowSeconds: 3600 })', httpApi({ windowSeconds: 3_600 }), httpEvent, 3_600],
  ['alb()', alb(), albEvent, 86_400],
  ['sqs()', sqs(), sqsRecord, 1_209_600],
  ['sqsFifo()', sqsFifo(), fifoRecord, 1_209_600],
  ['sns()', sns(), snsEvent, 1_987_200],
  ['snsToSqs()', snsToSqs(), snsToSqsRecord, 3_196_800],
  ['eventBridge()', eventBridge(), eventBridgeEvent, 86_400],
  ['s3()', s3(), s3Event, 21_600],
  ['s3ViaEventBridge()', s3ViaEventBridge(), s3ViaEventBridgeEvent, 86_400],
  ['kinesis()', kinesis(), kinesisEvent, 86_400],
  ['kinesis({ retentionHours: 168 })', kinesis({ retentionHours: 168 }), kinesisEvent, 604_800],
  ['dynamodbStreams()', dynamodbStreams(), dynamodbEvent, 86_400],
  ['kafka()', kafka(), mskEvent, 604_800],
  ['kafka({ retentionHours: 24 })', kafka({ retentionHours: 24 }), mskEvent, 86_400],
  ['stepFunctions()', stepFunctions(), stepFunctionsPayload, 7_776_000],
  ['cloudFormation()', cloudFormation(), cloudFormationEvent, 21_600],
  ['invoke()', invoke(), invokePayload, 21_600],
  ['durable()', durable(), durablePayload, 31_622_400],
];

/** `Context` is what handlers have; a durable one's is of its SDK. */
const contextOf = (event: unknown): Context =>
  event === durablePayload ? (durableContext as unknown as Context) : context;

/** The end of the stored record's window, counted from a settle at second 1,700,000,000. */
const storedWindow = async (config: Config, event: unknown): Promise<number> => {
  const persistenceStore = new MemoryPersistenceLayer();
  const clock = new ManualClock(1_700_000_000_000);
  const { makeIdempotent: make } = createIdempotency({ clock });
  const handler = make(async (_event: never, _context: unknown) => 'ran', {
    persistenceStore,
    config,
    keyPrefix: 'orders',
  });
  const given = contextOf(event);
  await handler(event as never, given);
  const { key } = await identify(event, { config, context: given, keyPrefix: 'orders' });
  const record = await persistenceStore.read(key as string);
  return ((record?.expiresAt ?? Number.NaN) - 1_700_000_000_000) / 1_000;
};

describe('the window of a preset', () => {
  it.each(windows)('%s', async (_, source, event, seconds) => {
    const config = { source };
    const identity = await identify(event, { config, context: contextOf(event), keyPrefix: 'orders' });
    expect(identity.windowSeconds).toBe(seconds);
    expect(source.windowSeconds).toBe(seconds);
    expect(await storedWindow(config, event)).toBe(seconds);
  });

  it.each(windows)('%s, in an IdempotencyConfig', async (_, source, event, seconds) => {
    const config = new IdempotencyConfig<never>({ source });
    expect(config.expiresAfterSeconds).toBe(seconds);
    expect(await storedWindow(config, event)).toBe(seconds);
  });

  it('anySource(): of the source that recognised the event', async () => {
    expect(anySource().windowSeconds).toBeUndefined();
    expect(new IdempotencyConfig({ source: anySource() }).expiresAfterSeconds).toBeUndefined();
    expect(await storedWindow({ source: anySource() }, sqsRecord)).toBe(1_209_600);
    expect(await storedWindow({ source: anySource() }, snsEvent)).toBe(1_987_200);
    expect(await storedWindow(new IdempotencyConfig<never>({ source: anySource() }), snsEvent)).toBe(
      1_987_200,
    );
  });

  it.each([1, 300, 2_000_000])('is what is configured: %d s', async (expiresAfterSeconds) => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const config = { source: sqs(), expiresAfterSeconds };
    const { windowSeconds } = await identify(sqsRecord, { config, keyPrefix: 'orders' });
    expect(windowSeconds).toBe(expiresAfterSeconds);
    expect(await storedWindow(config, sqsRecord)).toBe(expiresAfterSeconds);
    expect(await storedWindow(new IdempotencyConfig<never>(config), sqsRecord)).toBe(expiresAfterSeconds);
    emitWarning.mockRestore();
  });

  it('is an hour without a source', async () => {
    expect(await storedWindow({}, { id: 1 })).toBe(3_600);
  });

  it('a duplicate at its last second is replayed, and after it runs', async () => {
    const clock = new ManualClock(1_700_000_000_000);
    const { makeIdempotent: make } = createIdempotency({ clock });
    let runs = 0;
    const handler = make(
      async (_event: unknown, _context: unknown) => {
        runs += 1;
        return runs;
      },
      { persistenceStore: new MemoryPersistenceLayer(), config: { source: sqs() }, keyPrefix: 'orders' },
    );
    expect(await handler(sqsRecord, context)).toBe(1);
    await clock.advance(1_209_599_999);
    expect(await handler(sqsRecord, context)).toBe(1);
    await clock.advance(1);
    expect(await handler(sqsRecord, context)).toBe(2);
  });
});

describe('a window shorter than the source may deliver again', () => {
  /** Jest gives each test file a `process` of its own, on which no 'warning' arrives: what is emitted is caught at the source. */
  let emitWarning: jest.SpiedFunction<typeof process.emitWarning>;
  beforeEach(() => {
    emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });
  afterEach(() => {
    emitWarning.mockRestore();
  });
  const told = (): unknown[] => emitWarning.mock.calls.map(([message]) => message);
  const wrapped = (config: Config) =>
    makeIdempotent(async (_event: never, _context: unknown) => 'ran', {
      persistenceStore: new MemoryPersistenceLayer(),
      config,
      keyPrefix: 'orders',
    });

  it.each([
    ['options', 3_600, { source: sqs(), expiresAfterSeconds: 3_600 }],
    [
      'an IdempotencyConfig',
      3_601,
      new IdempotencyConfig<never>({ source: sqs(), expiresAfterSeconds: 3_601 }),
    ],
  ])('is told once, when wrapping, with both figures: %s', async (_, seconds, config) => {
    const handler = wrapped(config);
    expect(emitWarning.mock.calls).toEqual([
      [
        `\`expiresAfterSeconds\` is ${seconds}, and sqs may deliver an event again for 1209600 s: a delivery after the window runs again.`,
        { type: 'IdempotencyWarning', code: 'IDEMPOTENCY_SHORT_WINDOW' },
      ],
    ]);
    await handler(sqsRecord as never, context);
    await handler(sqsRecord as never, context);
    expect(told()).toHaveLength(1);
  });

  it.each([
    ['options', { source: anySource(), expiresAfterSeconds: 86_400 }],
    [
      'an IdempotencyConfig',
      new IdempotencyConfig<never>({ source: anySource(), expiresAfterSeconds: 86_401 }),
    ],
  ])('anySource(): once for each source that comes: %s', async (_, config) => {
    const handler = wrapped(config);
    expect(told()).toEqual([]);
    for (const event of [sqsRecord, sqsRecord, snsEvent, snsEvent, eventBridgeEvent]) {
      await handler(event as never, context);
    }
    expect(told()).toEqual([
      expect.stringMatching(/is 8640[01], and sqs may deliver an event again for 1209600 s/),
      expect.stringMatching(/is 8640[01], and sns may deliver an event again for 1987200 s/),
    ]);
  });

  it('is told once for a function that is wrapped anew on every invocation', async () => {
    for (let invocation = 0; invocation < 3; invocation++) {
      await wrapped({ source: kinesis(), expiresAfterSeconds: 60 })(kinesisEvent as never, context);
    }
    expect(told()).toHaveLength(1);
  });

  it.each([
    // A retention for each row: the same two figures are not told twice in one process.
    ['the default', { source: kinesis({ retentionHours: 31 }) }],
    [
      'the default of an IdempotencyConfig',
      new IdempotencyConfig<never>({ source: kinesis({ retentionHours: 32 }) }),
    ],
    ['an equal one', { source: kinesis({ retentionHours: 33 }), expiresAfterSeconds: 118_800 }],
    ['a longer one', { source: kinesis({ retentionHours: 34 }), expiresAfterSeconds: 122_401 }],
    ['no source', { eventKey: () => 'fixed-key', expiresAfterSeconds: 1 }],
  ])('nothing is told of %s', async (_, config) => {
    await wrapped(config)(kinesisEvent as never, context);
    expect(told()).toEqual([]);
  });
});
