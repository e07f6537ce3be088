/** One of the processes of p01-once.test.ts: many callers of one key. */
import { appendFileSync } from 'node:fs';
import { makeIdempotent } from '../../src/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { clientFor } from '../support/tables.js';

const [, , argument = '{}'] = process.argv;
const { ledger, tableName, endpoint, callers, orderId, waitMs } = JSON.parse(argument) as {
  ledger: string;
  tableName: string;
  endpoint: string;
  callers: number;
  orderId: string;
  waitMs: number;
};

async function bakeCake(order: { orderId: string }): Promise<unknown> {
  const baker = `${process.pid}-${Math.random()}`;
  appendFileSync(ledger, `${baker}\n`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { orderId: order.orderId, baker };
}

const baked = makeIdempotent(bakeCake, {
  persistenceStore: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: clientFor(endpoint) }),
  config: { inProgress: { waitMs } },
});

const results = await Promise.allSettled(Array.from({ length: callers }, () => baked({ orderId })));
const errors: Record<string, number> = {};
for (const result of results) {
  if (result.status === 'rejected') errors[result.reason.name] = (errors[result.reason.name] ?? 0) + 1;
}
const outcomes = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
process.send?.({ outcomes, errors }, () => process.exit(0));
