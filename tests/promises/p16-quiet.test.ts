import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { expect, it } from '@jest/globals';
import { channelName, type IdempotencyEventName, makeIdempotent } from '../../src/index.js';
import { useFaultTable } from '../support/fault-table.js';
import { makeGate, until } from '../support/gates.js';

const table = useFaultTable();

it('P16: no payload, key material or result in events and errors, and no payload or key in the table', async () => {
  const secret = 'card-4242424242424242';
  const told: unknown[] = [];
  const listen = (message: unknown, name: string | symbol): void => void told.push([name, message]);
  const names: IdempotencyEventName[] = [
    'claimed',
    'takenOver',
    'replayed',
    'busy',
    'conflict',
    'settled',
    'released',
    'leaseLost',
    'keyMissing',
    'resultNotStored',
    'storeFailed',
  ];
  for (const name of names) subscribe(channelName(name), listen);
  const gate = makeGate();
  const charge = async (order: { card: string; amount: number }): Promise<unknown> => {
    if (order.amount === 1) throw new Error('declined');
    if (order.amount === 2) return { [secret]: () => secret };
    await gate.promise;
    return { charged: order.card };
  };
  const config = {
    eventKeyJmesPath: 'card',
    payloadValidationJmesPath: 'amount',
    throwOnNoIdempotencyKey: true,
  };
  const charged = makeIdempotent(charge, { persistenceStore: table.store(), keyPrefix: 'P16', config });
  const fail = async (order: object): Promise<void> => {
    told.push(
      await charged(order as never).then(
        () => [],
        (error: unknown) => [error, String(error)],
      ),
    );
  };
  await fail({ card: secret, amount: 1 });
  const running = charged({ card: secret, amount: 5 });
  await until(async () => (await table.items()).some((item) => item['id']?.S?.startsWith('P16#')));
  await fail({ card: secret, amount: 5 });
  await fail({ card: secret, amount: 6 });
  gate.open();
  await running;
  await fail({ card: secret, amount: 6 });
  await fail({ card: { deep: BigInt(1), secret: Promise.resolve(secret) } });
  await charged({ card: `${secret}-2`, amount: 2 });
  await fail({ card: `${secret}-2`, amount: 2 });
  table.proxy.inject({ kind: 'refuse', times: Number.POSITIVE_INFINITY });
  await fail({ card: `${secret}-3`, amount: 2 });
  for (const name of names) unsubscribe(channelName(name), listen);

  expect(told.length).toBeGreaterThan(15);
  expect(inspect(told, { depth: 12, maxStringLength: null })).not.toContain('4242');
  const items = (await table.items()).filter((item) => item['id']?.S?.startsWith('P16#'));
  expect(items).toHaveLength(2);
  for (const { data: _, ...rest } of items) expect(JSON.stringify(rest)).not.toContain('4242');
});
