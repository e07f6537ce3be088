import { describe, expect, it, jest } from '@jest/globals';
import {
  IdempotencyConfig,
  IdempotencyConfigError,
  type IdempotencyConfigOptions,
  makeIdempotent,
} from '../../../src/index.js';
import { compressed, encrypted } from '../../../src/results/index.js';
import {
  DynamoDBPersistenceLayer,
  type DynamoDBPersistenceOptions,
} from '../../../src/stores/dynamodb/sdk-layer.js';
import { MemoryPersistenceLayer } from '../../../src/stores/memory.js';

const KEY = new Uint8Array(32);
const persistenceStore = new MemoryPersistenceLayer();
async function order(event: { id: string }): Promise<string> {
  return event.id;
}
const cardError = () => class CardError extends Error {};
const wrapWith = (config: unknown): unknown =>
  makeIdempotent(order, { persistenceStore, config: config as IdempotencyConfigOptions });

describe('P17: what cannot work fails when wrapped, naming the option', () => {
  it.each([
    [{ eventKeyJmespath: 'id' }, /unknown option `eventKeyJmespath`.*eventKeyJmesPath/],
    [{ expiresAfterSeconds: -1 }, /`expiresAfterSeconds` must be a whole number from 1 to 3155760000/],
    [{ expiresAfterSeconds: 0 }, /`expiresAfterSeconds`/],
    [{ expiresAfterSeconds: 1.5 }, /`expiresAfterSeconds`/],
    [{ expiresAfterSeconds: Number.NaN }, /`expiresAfterSeconds`/],
    [{ expiresAfterSeconds: '60' }, /`expiresAfterSeconds`/],
    [{ expiresAfterSeconds: 3_155_760_001 }, /`expiresAfterSeconds`.*from 1 to 3155760000 \(100 years\)/],
    [{ expiresAfterSeconds: Number.MAX_SAFE_INTEGER }, /`expiresAfterSeconds`/],
    [{ eventKeyJmesPath: 'a..b' }, /`eventKeyJmesPath`.*: unexpected \.: .*\n {2}a\.\.b\n {4}\^\n/],
    [{ eventKeyJmesPath: 'nope(a)' }, /unknown function nope\(\)/],
    [{ eventKeyJmesPath: 7 }, /`eventKeyJmesPath` must be a string/],
    [{ payloadValidationJmesPath: '[' }, /`payloadValidationJmesPath`/],
    [{ eventKeyJmesPath: 'f(a)', jmesPathOptions: { f: 1 } }, /`jmesPathOptions`.*`f` is not a function/],
    [
      { eventKeyJmesPath: 'a', jmesPathOptions: { length: () => 1 } },
      /`length` is a standard JMESPath function/,
    ],
    [{ eventKeyJmesPath: 'a', jmesPathOptions: { customFunctions: 1 } }, /`jmesPathOptions`/],
    [{ eventKey: 'id' }, /`eventKey` must be a function/],
    [{ eventKey: () => 1, eventKeyJmesPath: 'id' }, /either `eventKey` or `eventKeyJmesPath`/],
    [{ hashFunction: 'sha-nope' }, /`hashFunction`.*sha256/],
    [{ throwOnNoIdempotencyKey: 'yes' }, /`throwOnNoIdempotencyKey` must be true or false/],
    [{ useLocalCache: 1 }, /`useLocalCache`/],
    [{ maxLocalCacheSize: 0 }, /`maxLocalCacheSize`/],
    [{ inProgress: 'wait' }, /`inProgress`/],
    [{ inProgress: { waitMs: -1 } }, /`inProgress`: `waitMs`/],
    [{ inProgress: {} }, /`inProgress` must be "throw" or { waitMs }/],
    [{ inProgress: { waitMs: undefined } }, /`inProgress` must be "throw" or { waitMs }/],
    [{ inProgress: { wait: 1 } }, /unknown option `wait`/],
    [{ lease: { seconds: 0 } }, /`lease`: `seconds`/],
    [{ lease: { clockSkewMs: -1 } }, /`clockSkewMs`/],
    [{ lease: { minutes: 1 } }, /unknown option `minutes`/],
    [{ whenStoreFails: 'ignore' }, /`whenStoreFails` must be "throw" or "run"/],
    [{ codec: {} }, /`codec`/],
    [{ responseHook: {} }, /`responseHook`/],
    [{ shouldStoreError: true }, /`shouldStoreError` must be a function/],
    [{ shouldStoreResult: 'no' }, /`shouldStoreResult` must be a function/],
    [
      { shouldStoreError: () => true, errorClasses: RangeError },
      /`errorClasses` must be an array of classes that extend Error/,
    ],
    [{ shouldStoreError: () => true, errorClasses: [Date] }, /`errorClasses` must be an array of classes/],
    [{ shouldStoreError: () => true, errorClasses: [class extends Error {}] }, /`errorClasses`/],
    [
      {
        shouldStoreError: () => true,
        errorClasses: [cardError(), cardError()],
      },
      /`errorClasses` must be classes with different names \(two are named `CardError`\)/,
    ],
    [{ errorClasses: [RangeError] }, /`errorClasses` needs `shouldStoreError`/],
    [{ storeResult: 'no' }, /`storeResult` must be true or false/],
    [{ readFirst: 1 }, /`readFirst` must be true or false/],
    [
      { codec: compressed(encrypted({ key: [KEY, KEY] })), payloadValidationJmesPath: 'id' },
      /`payloadValidationJmesPath`: .*needs `fingerprintKey`/,
    ],
    [
      { codec: encrypted({ key: () => undefined }), payloadValidationJmesPath: 'id' },
      /needs `fingerprintKey`/,
    ],
    [{ maxAttempts: 0 }, /`maxAttempts` must be a whole number of 1 or more/],
    [{ maxAttempts: 1.5 }, /`maxAttempts`/],
    [{ lease: { renew: 'yes' } }, /`lease`: `renew` must be true or false/],
    [
      { lease: { renew: true, seconds: 0.5 } },
      /`lease`: `seconds` must be a number of seconds from 1 to 604800/,
    ],
    [{ lease: { seconds: 604_801 } }, /`lease`: `seconds` must be/],
    [{ lease: { seconds: 15 * 60 * 1_000 } }, /`lease`: `seconds` must be/],
    [{ lease: { whenOver: 'stop' } }, /`lease`: `whenOver` must be "run" or "refuse"/],
    [{ lease: { whenOver: 'refuse' }, whenStoreFails: 'run' }, /contradict each other/],
    [{ lambdaContext: 1 }, /`lambdaContext`/],
    [null, /`config`/],
    ['id', /`config`/],
  ])('config %j', (config, message) => {
    expect(() => wrapWith(config)).toThrow(IdempotencyConfigError);
    expect(() => wrapWith(config)).toThrow(message);
    if (
      config !== null &&
      typeof config === 'object' &&
      !('eventKeyJmesPath' in config) &&
      !('payloadValidationJmesPath' in config)
    ) {
      expect(() => new IdempotencyConfig(config as IdempotencyConfigOptions)).toThrow(message);
    }
  });

  it.each([
    [undefined, /`persistenceStore` is missing; it must be a store/],
    [{}, /`persistenceStore` is missing; it must be a store/],
    [{ persistenceStore: {} }, /`persistenceStore` must be a store with claim\(\), settle\(\)/],
    [{ persistenceStore, keyPrefix: 1 }, /`keyPrefix`/],
    [{ persistenceStore, keyPrefix: 'x'.repeat(513) }, /`keyPrefix`/],
    [{ persistenceStore, keyPrefix: 'a\ud800' }, /`keyPrefix`/],
    [{ persistenceStore, dataIndexArgument: -1 }, /`dataIndexArgument`/],
    [{ persistenceStore, dataIndexArgument: 0.5 }, /`dataIndexArgument`/],
    [{ persistenceStore, dataKeywordArgument: 'x' }, /unknown option `dataKeywordArgument`/],
  ])('options %#', (options, message) => {
    const wrap = () => makeIdempotent(order, options as never);
    expect(wrap).toThrow(IdempotencyConfigError);
    expect(wrap).toThrow(message);
  });

  it('`staticPkValue` without `sortKeyAttr` is ignored, as in Powertools, with a warning', () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    new DynamoDBPersistenceLayer({ tableName: 't', sortKeyAttr: 'sk', staticPkValue: 'p' });
    expect(emitWarning).not.toHaveBeenCalled();
    new DynamoDBPersistenceLayer({ tableName: 't', staticPkValue: 'p' });
    expect(emitWarning.mock.calls).toEqual([
      [
        'The options of DynamoDBPersistenceLayer: `staticPkValue` has no effect without `sortKeyAttr`. Remove it, or set `sortKeyAttr` if the table has a sort key.',
        { type: 'IdempotencyWarning', code: 'IDEMPOTENCY_STATIC_PK_VALUE' },
      ],
    ]);
    emitWarning.mockRestore();
  });

  it('and nothing that can', () => {
    for (const config of [
      { expiresAfterSeconds: 3_155_760_000 },
      { inProgress: { waitMs: 0 } },
      { inProgress: 'throw' },
      { codec: encrypted({ key: KEY }), payloadValidationJmesPath: 'id' },
      { codec: encrypted({ key: [KEY, KEY], fingerprintKey: KEY }), payloadValidationJmesPath: 'id' },
      { codec: encrypted({ key: [KEY, KEY] }) },
      { codec: compressed(), payloadValidationJmesPath: 'id' },
    ])
      expect(() => wrapWith(config)).not.toThrow();
  });

  it('something that is no function', () => {
    expect(() => makeIdempotent('order' as never, { persistenceStore })).toThrow(IdempotencyConfigError);
  });

  it.each([
    [{}, /`tableName` is missing/],
    [{ tableName: '' }, /`tableName`/],
    [{ tableName: 't', tabelName: 't' }, /unknown option `tabelName`/],
    [{ tableName: 't', keyAttr: 'id', sortKeyAttr: 'id' }, /`sortKeyAttr`.*`keyAttr`/],
    [{ tableName: 't', dataAttr: 'status' }, /`dataAttr`.*`statusAttr`/],
    [{ tableName: 't', dataAttr: 'fence' }, /`dataAttr`.*own `fence`/],
    [{ tableName: 't', awsSdkV3Client: {} }, /`awsSdkV3Client` must be a DynamoDBClient/],
    [{ tableName: 't', clientConfig: 'eu' }, /`clientConfig`/],
    [
      {
        tableName: 't',
        clientConfig: {},
        awsSdkV3Client: { config: {}, middlewareStack: {}, send: () => 1 },
      },
      /either `clientConfig` or `awsSdkV3Client`/,
    ],
  ])('DynamoDBPersistenceLayer %j', (options, message) => {
    const make = () => new DynamoDBPersistenceLayer(options as DynamoDBPersistenceOptions);
    expect(make).toThrow(IdempotencyConfigError);
    expect(make).toThrow(message);
  });
});

describe('IdempotencyConfig', () => {
  it("has Powertools' defaults, but for the hash", () => {
    expect(new IdempotencyConfig()).toMatchObject({
      eventKeyJmesPath: '',
      throwOnNoIdempotencyKey: false,
      expiresAfterSeconds: 3_600,
      useLocalCache: false,
      maxLocalCacheSize: 256,
      hashFunction: 'sha256',
    });
    expect(new IdempotencyConfig({ expiresAfterSeconds: undefined }).expiresAfterSeconds).toBe(3_600);
  });

  it('P12: is read when a function is wrapped, and not again', async () => {
    const config = new IdempotencyConfig<{ id: string }>({ eventKeyJmesPath: 'id' });
    let runs = 0;
    const counted = makeIdempotent(async () => ++runs, {
      persistenceStore,
      config: config as IdempotencyConfig,
      keyPrefix: 'P12',
    });
    config.eventKeyJmesPath = 'other';
    const call = counted as (event: unknown) => Promise<number>;
    expect([await call({ id: 1, other: 1 }), await call({ id: 1, other: 2 })]).toEqual([1, 1]);
  });
});
