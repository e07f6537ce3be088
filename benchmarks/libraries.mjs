/**
 * The three columns. Each makes one callable, `(event, context) => Promise<result>`, over a DynamoDB client
 * that it is given. The SDK is the top level's for all of them; the benchmarks install none.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as sdk from '@aws-sdk/client-dynamodb';

export const tableName = 'idempotency';

/** BENCH_DIST measures a build that lies elsewhere, to compare two of them. */
export const ourBuild = process.env.BENCH_DIST
  ? pathToFileURL(`${process.env.BENCH_DIST}/`)
  : new URL('../dist/esm/', import.meta.url);

const fromOurBuild = (path) => import(new URL(path, ourBuild).href);

if (!existsSync(new URL('index.js', ourBuild))) {
  throw new Error(`no build at ${ourBuild.pathname}: run \`npm run build\` first`);
}

/** How often the function really ran: a "replay" that runs it is not a replay, and must not be timed as one. */
export const runs = { count: 0 };

/** How calls are keyed, by name; without a name by the whole event. */
const keyOptions = {
  orderId: { eventKeyJmesPath: 'orderId' },
  eventKey: { eventKey: ({ orderId }) => orderId },
  'header and claim': {
    eventKeyJmesPath: '[headers."Idempotency-Key", requestContext.authorizer.claims.sub]',
  },
};

async function placeOrder(event) {
  runs.count += 1;
  return {
    statusCode: 201,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orderId: event.orderId ?? 'ord_8f3c1d20', status: 'accepted', total: 30.3 }),
  };
}

/** What a careful engineer writes by hand, with the key in a field of the event: the least that the two writes can cost. */
const bare = {
  name: 'bare',
  make(client) {
    return async (event) => {
      const key = { id: { S: `bench#${event.orderId}` } };
      const now = Date.now();
      const fence = { S: `${now}` };
      try {
        await client.send(
          new sdk.PutItemCommand({
            TableName: tableName,
            Item: {
              ...key,
              status: { S: 'INPROGRESS' },
              expiration: { N: `${Math.ceil(now / 1000) + 3600}` },
              in_progress_expiration: { N: `${now + 30_000}` },
              fence,
            },
            ConditionExpression:
              'attribute_not_exists(#id) OR #expiration < :seconds OR (#status = :running AND #lease < :millis)',
            ExpressionAttributeNames: {
              '#id': 'id',
              '#expiration': 'expiration',
              '#status': 'status',
              '#lease': 'in_progress_expiration',
            },
            ExpressionAttributeValues: {
              ':seconds': { N: `${Math.floor(now / 1000)}` },
              ':running': { S: 'INPROGRESS' },
              ':millis': { N: `${now}` },
            },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
      } catch (error) {
        if (error instanceof sdk.ConditionalCheckFailedException) return JSON.parse(error.Item.data.S);
        throw error;
      }
      const result = await placeOrder(event);
      await client.send(
        new sdk.UpdateItemCommand({
          TableName: tableName,
          Key: key,
          UpdateExpression: 'SET #status = :done, #expiration = :expiration, #data = :data',
          ConditionExpression: '#fence = :fence',
          ExpressionAttributeNames: {
            '#status': 'status',
            '#expiration': 'expiration',
            '#data': 'data',
            '#fence': 'fence',
          },
          ExpressionAttributeValues: {
            ':done': { S: 'COMPLETED' },
            ':expiration': { N: `${Math.ceil(Date.now() / 1000) + 3600}` },
            ':data': { S: JSON.stringify(result) },
            ':fence': fence,
          },
        }),
      );
      return result;
    };
  },
  connect: (settings) => bare.make(new sdk.DynamoDBClient(settings)),
  /** Not canonical: what hashing costs at the very least. */
  hash: (event) => createHash('sha256').update(JSON.stringify(event)).digest('base64url'),
};

async function loadPeer() {
  const { IdempotencyConfig, makeIdempotent } = await import('@aws-lambda-powertools/idempotency');
  const { DynamoDBPersistenceLayer } = await import('@aws-lambda-powertools/idempotency/dynamodb');
  const { search } = await import('@aws-lambda-powertools/jmespath');
  const { PowertoolsFunctions } = await import('@aws-lambda-powertools/jmespath/functions');
  const customFunctions = new PowertoolsFunctions();

  // The layer's own method (TypeScript calls it private), so that the figure is the peer's code and nothing else.
  const layer = new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: new sdk.DynamoDBClient({}) });
  layer.configure({ config: new IdempotencyConfig({}) });

  const make = (awsSdkV3Client, options = {}) =>
    makeIdempotent(placeOrder, {
      persistenceStore: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client }),
      config: new IdempotencyConfig(options),
    });
  return {
    name: 'peer',
    make,
    connect: (settings) => make(new sdk.DynamoDBClient(settings)),
    optionsFor: (key) => keyOptions[key === 'eventKey' ? 'orderId' : key],
    hash: (event) => layer.getHashedIdempotencyKey(event),
    // As the peer does it: the expression is parsed again for every event.
    jmesPath: (expression) => (event) => search(expression, event, { customFunctions }),
  };
}

async function loadOurs() {
  const { makeIdempotent } = await fromOurBuild('index.js');
  const { DynamoDBPersistenceLayer } = await fromOurBuild('stores/dynamodb/sdk-layer.js');
  // The two internals that are measured alone.
  const { hashValue } = await fromOurBuild('core/keys/hash.js');
  const { compileJmesPath } = await fromOurBuild('core/jmespath/compile.js');

  const make = (awsSdkV3Client, options = {}) =>
    makeIdempotent(placeOrder, {
      persistenceStore: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client }),
      // The whole event of API Gateway is refused as a key otherwise: it is new with every attempt.
      config: Object.keys(options).some((name) => name.startsWith('eventKey'))
        ? options
        : { allowUnstableKey: true, ...options },
    });
  return {
    name: 'ours',
    make,
    connect: (settings) => make(new sdk.DynamoDBClient(settings)),
    optionsFor: (key) => keyOptions[key],
    hash: (event) => hashValue(event),
    // As the library does it: the expression is compiled once, when the function is wrapped.
    jmesPath: (expression) => {
      const compiled = compileJmesPath(expression);
      return (event) => compiled.select(event).value;
    },
  };
}

/** Here with clients of the store's own: the SDK's, and the lean one. */
async function loadOwn(name, file) {
  const { makeIdempotent } = await fromOurBuild('index.js');
  const { DynamoDBPersistenceLayer } = await fromOurBuild(file);
  const connect = (clientConfig) =>
    makeIdempotent(placeOrder, {
      persistenceStore: new DynamoDBPersistenceLayer({ tableName, clientConfig }),
    });
  return { name, connect };
}

const loaders = {
  bare: () => bare,
  peer: loadPeer,
  ours: loadOurs,
  own: () => loadOwn('own', 'stores/dynamodb/sdk-layer.js'),
  lite: () => loadOwn('lite', 'stores/dynamodb/lite-layer.js'),
};

export const loadLibrary = (name) => loaders[name]();
