/** Compiled in every module format, and run: what a user's function keeps of its types, and what is refused. */
import assert from 'node:assert/strict';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  type EventIdentity,
  type IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  IdempotencyError,
  IdempotencyRecordStatus,
  type IdentifyOptions,
  identify,
  makeIdempotent,
  type ResultCodec,
} from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
import { IdempotencyRecord } from 'lambda-idempotency/persistence';
import {
  compressed,
  type DataKey,
  type EncryptionOptions,
  encrypted,
  type KeyFunction,
  type ModelFunctions,
  type S3ResultsOptions,
  s3Results,
  serialized,
  typedJson,
} from 'lambda-idempotency/results';
import {
  anySource,
  type EventSource,
  type HttpSourceOptions,
  httpApi,
  type Provider,
  providers,
  type SourceReading,
  sqs,
} from 'lambda-idempotency/sources';
import { FaultyStore, ManualClock, storeContract } from 'lambda-idempotency/testing';
import type {
  DynamoDBPersistenceOptions,
  IdempotencyConfigOptions,
  IdempotencyLambdaHandlerOptions,
  IdempotencyRecordStatusValue,
  ItempotentFunctionOptions,
  ResponseHook,
} from 'lambda-idempotency/types';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Equal<A, B>): void => {};

interface Order {
  readonly id: string;
  readonly amount: number;
}
interface Receipt {
  readonly paid: number;
}

const persistenceStore = new MemoryPersistenceLayer();

class Account {
  balance = 100;
}

async function pay(this: Account, order: Order, currency: string): Promise<Receipt> {
  this.balance -= order.amount;
  return { paid: order.amount + currency.length };
}

const payOnce = makeIdempotent(pay, {
  persistenceStore,
  config: {
    eventKey: (order, context) => {
      same<typeof order, Order>(true);
      // Of `@types/aws-lambda`, which a user need not install: without it, this would be `any`.
      same<NonNullable<typeof context>['awsRequestId'], string>(true);
      return order.id;
    },
  },
});
same<Parameters<typeof payOnce>, [order: Order, currency: string]>(true);
same<ThisParameterType<typeof payOnce>, Account>(true);
same<ReturnType<typeof payOnce>, Promise<Receipt>>(true);

const second = makeIdempotent((_user: string, order: Order): Receipt => ({ paid: order.amount }), {
  persistenceStore,
  keyPrefix: 'second',
  dataIndexArgument: 1,
  config: { eventKey: (order) => order.id },
});
same<ReturnType<typeof second>, Promise<Receipt>>(true);

const http: HttpSourceOptions = { header: 'Order-Token', windowSeconds: 3_600 };
same<ReturnType<typeof httpApi>, EventSource>(true);
same<ReturnType<EventSource['read']>, SourceReading>(true);
same<(typeof providers)['sqsFifo'], Provider>(true);

const payMessage = makeIdempotent(async (message: { readonly body: string }) => message.body, {
  persistenceStore,
  keyPrefix: 'message',
  config: {
    source: sqs({ bodyField: 'id' }),
    scope: (message) => {
      same<typeof message, { readonly body: string }>(true);
      return ['tenant', message.body];
    },
    allowUnstableKey: false,
  },
});
same<ReturnType<typeof payMessage>, Promise<string>>(true);

const bucket: S3ResultsOptions = { bucket: 'results', aboveBytes: 100_000 };
same<ReturnType<typeof s3Results>, ResultCodec>(true);
const keys: KeyFunction = async (id = 'k1'): Promise<DataKey> => ({ id, bytes: new Uint8Array(32) });
const encryption: EncryptionOptions = { key: keys, fingerprintKey: new Uint8Array(32) };
const accounts: ModelFunctions<Account, number> = {
  serialize: (account) => account.balance,
  deserialize: (balance) => Object.assign(new Account(), { balance }),
};
const openAccount = makeIdempotent(async (_id: string) => new Account(), {
  persistenceStore,
  keyPrefix: 'account',
  config: { codec: compressed(encrypted(encryption, serialized(accounts, s3Results(bucket, typedJson)))) },
});
same<ReturnType<typeof openAccount>, Promise<Account>>(true);

/** Compiled, never called. */
export const refused = async (): Promise<void> => {
  const account = new Account();
  // @ts-expect-error a wrong argument
  await payOnce.call(account, { id: 1, amount: 1 }, 'EUR');
  // @ts-expect-error an argument too few
  await payOnce.call(account, { id: '1', amount: 1 });
  // @ts-expect-error another `this`
  await payOnce.call({ balance: 'none' }, { id: '1', amount: 1 }, 'EUR');
  // @ts-expect-error no `this`
  await payOnce({ id: '1', amount: 1 }, 'EUR');
  // @ts-expect-error the receipt has no such field
  (await payOnce.call(account, { id: '1', amount: 1 }, 'EUR')).refunded;
  // @ts-expect-error a store is needed
  makeIdempotent(pay, {});
  // @ts-expect-error an unknown option
  makeIdempotent(pay, { persistenceStore, config: { expiresAfterSecond: 1 } });
  // @ts-expect-error an order has no such field
  makeIdempotent(pay, { persistenceStore, config: { eventKey: (order) => order.orderId } });
  // @ts-expect-error a scope is made of texts
  makeIdempotent(pay, { persistenceStore, config: { scope: (order) => order.amount } });
  // @ts-expect-error not a source
  makeIdempotent(pay, { persistenceStore, config: { source: sqs } });
  // @ts-expect-error an unknown option of a preset
  httpApi({ headers: 'Order-Token' });
  // @ts-expect-error a provider that is not in the table
  providers.pigeon;
  // @ts-expect-error a bucket is needed
  s3Results({ prefix: 'results/' });
  // @ts-expect-error a key is bytes
  encrypted({ key: 'secret' });
  // @ts-expect-error not a codec
  compressed({ level: 9 });
  // @ts-expect-error not a store
  makeIdempotent(pay, { persistenceStore: new ManualClock() });
  // @ts-expect-error `tableName` is needed
  new DynamoDBPersistenceLayer({});
  // @ts-expect-error `expiresAfterSeconds` is a number
  new IdempotencyConfig({ expiresAfterSeconds: '60' });
};

/** How a user tells errors apart: by class, or by code. */
export const retryAfterOf = (error: unknown): number | undefined => {
  if (!(error instanceof IdempotencyError)) return undefined;
  same<typeof error, IdempotencyError>(true);
  return error.code === 'IDEMPOTENCY_ALREADY_IN_PROGRESS'
    ? (error as IdempotencyAlreadyInProgressError).retryAfterMs
    : undefined;
};

/** A client of the user's own is accepted as it is; none of its requests is sent here. */
export const dynamodb = [
  new DynamoDBPersistenceLayer({ tableName: 'orders', awsSdkV3Client: new DynamoDBClient({}) }),
  new DynamoDBPersistenceLayer({ tableName: 'orders', clientConfig: { region: 'eu-west-1' } }),
];

/** Names of types that users of Powertools have in their code. */
const hook: ResponseHook = (response) => response;
const moved: IdempotencyConfigOptions = { responseHook: hook };
const handlerOptions: IdempotencyLambdaHandlerOptions = { persistenceStore, config: moved };
const functionOptions: ItempotentFunctionOptions = { ...handlerOptions, dataIndexArgument: 1 };
export const table: DynamoDBPersistenceOptions = { tableName: 'orders', ...(functionOptions && {}) };
const record = new IdempotencyRecord({ idempotencyKey: 'orders#1', status: 'COMPLETED' });
same<ReturnType<typeof record.getStatus>, IdempotencyRecordStatusValue>(true);

const main = async (): Promise<void> => {
  const account = new Account();
  const order = { id: 'cake', amount: 5 };
  for (let call = 0; call < 2; call++) {
    assert.deepEqual(await payOnce.call(account, order, 'EUR'), { paid: 8 });
    assert.deepEqual(await second('me', order), { paid: 5 });
  }
  assert.equal(account.balance, 95);
  assert.equal(record.getStatus(), IdempotencyRecordStatus.COMPLETED);
  await openAccount('mine');
  assert.ok((await openAccount('mine')) instanceof Account);

  const message = { eventSource: 'aws:sqs', messageId: 'first', body: '{"id":"cake"}' };
  assert.equal(await payMessage(message), message.body);
  assert.equal(await payMessage({ ...message, messageId: 'second' } as typeof message), message.body);
  const options: IdentifyOptions = { config: { source: anySource() }, keyPrefix: 'orders' };
  const used: EventIdentity = await identify(message, options);
  assert.equal(used.source, 'sqs');
  assert.equal(used.windowSeconds, providers.sqs.window);
  assert.equal(httpApi(http).windowSeconds, 3_600);
  assert.ok(storeContract.length > 0);
  assert.deepEqual(new FaultyStore(persistenceStore).requests, []);
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
