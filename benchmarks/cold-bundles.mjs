/** A handler of each column as one file, client and all, as it is deployed to Lambda. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ourBuild, tableName } from './libraries.mjs';

const ours = (file) => JSON.stringify(fileURLToPath(new URL(file, ourBuild)));
const runs = `
  export const runs = { count: 0 };
  const placeOrder = async (event, _context) => {
    runs.count += 1;
    return { statusCode: 201, body: JSON.stringify({ orderId: event.orderId, status: 'accepted', total: 30.3 }) };
  };`;

/** What a careful engineer writes by hand, as in libraries.mjs: a conditional put and a conditional update. */
const bare = `
  import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
  ${runs}
  const client = new DynamoDBClient({});
  export const call = async (event) => {
    const Key = { id: { S: 'bare#' + event.orderId } };
    const now = Date.now();
    const fence = { S: String(now) };
    try {
      await client.send(new PutItemCommand({
        TableName: '${tableName}',
        Item: { ...Key, status: { S: 'INPROGRESS' }, expiration: { N: String(Math.ceil(now / 1000) + 3600) }, fence },
        ConditionExpression: 'attribute_not_exists(#id) OR #expiration < :seconds',
        ExpressionAttributeNames: { '#id': 'id', '#expiration': 'expiration' },
        ExpressionAttributeValues: { ':seconds': { N: String(Math.floor(now / 1000)) } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }));
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return JSON.parse(error.Item.data.S);
      throw error;
    }
    const result = await placeOrder(event);
    await client.send(new UpdateItemCommand({
      TableName: '${tableName}',
      Key,
      UpdateExpression: 'SET #status = :done, #data = :data',
      ConditionExpression: '#fence = :fence',
      ExpressionAttributeNames: { '#status': 'status', '#data': 'data', '#fence': 'fence' },
      ExpressionAttributeValues: { ':done': { S: 'COMPLETED' }, ':data': { S: JSON.stringify(result) }, ':fence': fence },
    }));
    return result;
  };`;

const wrapped = (core, store) => `
  import { makeIdempotent } from ${core};
  import { DynamoDBPersistenceLayer } from ${store};
  ${runs}
  const persistenceStore = new DynamoDBPersistenceLayer({ tableName: '${tableName}' });
  export const call = makeIdempotent(placeOrder, { persistenceStore });`;

const peer = "'@aws-lambda-powertools/idempotency'";

export const sources = {
  bare,
  peer: wrapped(peer, "'@aws-lambda-powertools/idempotency/dynamodb'"),
  ours: wrapped(ours('index.js'), ours('stores/dynamodb/sdk-layer.js')),
  lite: wrapped(ours('index.js'), ours('stores/dynamodb/lite-layer.js')),
};

/** An ES module that holds CommonJS needs a `require`: the SDK's dependencies ask for one. */
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * @param settings esbuild's, beside what is the same for all
 * @returns the bundle's path and its size in bytes
 */
export async function bundle(column, format, folder, settings = { mainFields: ['module', 'main'] }) {
  const { outputFiles } = await build({
    stdin: { contents: sources[column], resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    // As the documentation asks: names of functions keep their calls apart.
    keepNames: true,
    format,
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'error',
    write: false,
    // Where nothing needs it, neither does the file: the import alone costs a few milliseconds.
    ...(format === 'esm' && column !== 'lite' && { banner: { js: banner } }),
    ...settings,
  });
  const [{ contents }] = outputFiles;
  const file = path.join(folder, `${column}.${format === 'esm' ? 'mjs' : 'cjs'}`);
  writeFileSync(file, contents);
  return { file, bytes: contents.byteLength };
}
