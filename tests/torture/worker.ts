/** A host of the torture: serves deliveries through the library, until it is killed. Runs bundled, see `workers.ts`. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { readSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { channelName } from '../../src/core/protocol/events.js';
import { makeIdempotent } from '../../src/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { settingsFor } from '../support/tables.js';
import { numbered, type WonClaim } from './numbered-store.js';
import { plant } from './planted-bugs.js';
import {
  DECLINED,
  type Delivery,
  type FromWorker,
  type Front,
  type Given,
  type WorkerSetup,
} from './protocol.js';

/** The controller's end, written and read synchronously: while it does not answer, this process stands still. */
const CONTROLLER = 3;
const permission = Buffer.alloc(1);

const tell = (message: FromWorker): void => {
  let line = Buffer.from(`${JSON.stringify(message)}\n`);
  while (line.length > 0) line = line.subarray(writeSync(CONTROLLER, line));
};

const ask = (message: FromWorker): void => {
  tell(message);
  if (readSync(CONTROLLER, permission) === 0) process.exit();
};

const { endpoint, tableName, leaseMs, clockSkewMs, plantedBug } = JSON.parse(
  process.argv[2] ?? '{}',
) as WorkerSetup;

/** The call that is under way, and the claim that its run holds: its effect is told with it. */
const current = new AsyncLocalStorage<{ readonly key: string; claim?: WonClaim }>();

const sound = new DynamoDBPersistenceLayer({ tableName, clientConfig: settingsFor(endpoint) });
const persistenceStore = numbered(
  plant(plantedBug, sound),
  (point) => ask({ ...point, key: current.getStore()?.key ?? '' }),
  (claim) => Object.assign(current.getStore() ?? {}, { claim }),
);

async function charge(order: Delivery): Promise<unknown> {
  const claim = current.getStore()?.claim;
  if (!claim) throw new Error(`The run of ${order.key} knows no claim.`);
  await sleep(order.workMs[0]);
  if (order.fails) throw Object.assign(new Error('declined'), { name: DECLINED });
  const receipt = { key: order.key, effect: randomUUID() };
  ask({ kind: 'effect', fence: claim.fence, ...receipt });
  await sleep(order.workMs[1]);
  return receipt;
}

const lease = { seconds: leaseMs / 1_000, clockSkewMs };
const wrapWith = (options: object) =>
  makeIdempotent(charge, { persistenceStore, config: { eventKeyJmesPath: 'key', lease, ...options } });
const fronts: Record<Front, typeof charge> = {
  throw: wrapWith({}),
  wait: wrapWith({ inProgress: { waitMs: leaseMs } }),
  cached: wrapWith({ useLocalCache: true }),
};

const serve = async (delivery: Given): Promise<void> => {
  try {
    const answer = await current.run({ key: delivery.key }, () => fronts[delivery.front](delivery));
    tell({ kind: 'answer', ticket: delivery.ticket, answer });
  } catch (error) {
    const { name, message, retryAfterMs } = error as Error & { retryAfterMs?: number };
    tell({
      kind: 'refused',
      ticket: delivery.ticket,
      error: name,
      message,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
};

subscribe(channelName('leaseLost'), () => tell({ kind: 'leaseLost' }));
createInterface({ input: process.stdin })
  .on('line', (line) => void serve(JSON.parse(line) as Given))
  .on('close', () => process.exit());
// Ctrl-C reaches the whole group; the controller decides who ends.
process.on('SIGINT', () => {});
tell({ kind: 'ready' });
