import { describe, expect, it } from '@jest/globals';
import { makeIdempotent } from '../../src/index.js';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import { useFaultTable } from '../support/fault-table.js';
import { makeGate } from '../support/gates.js';

const table = useFaultTable();

const sent = (operation: string): number =>
  table.proxy.requests.filter((request) => request.operation === operation).length;

describe('P3: a claim whose answer was lost is won', () => {
  it.each(['lose-answer', 'cut-answer', 'hang-after-apply'] as const)('P3: %s', async (kind) => {
    let runs = 0;
    const charge = async (order: { id: string }): Promise<string> => `${order.id}-${++runs}`;
    const charged = makeIdempotent(charge, { persistenceStore: table.store(), keyPrefix: `P3-${kind}` });
    table.proxy.inject({ operation: 'PutItem', kind });
    expect(await charged({ id: 'a' })).toBe('a-1');
    expect(sent('PutItem')).toBe(2);
    expect(await charged({ id: 'a' })).toBe('a-1');
    expect(runs).toBe(1);
  });

  it('P3: of a take-over too', async () => {
    const clock = new ManualClock();
    const { makeIdempotent: onClock } = createIdempotency({ clock });
    const answers: string[] = [];
    const running = makeGate();
    const never = makeGate();
    const crash = async (): Promise<string> => {
      running.open();
      await never.promise;
      return 'crashed';
    };
    const options = { keyPrefix: 'P3-take-over', config: { lease: { seconds: 10 }, eventKey: () => 'k' } };
    const crashed = onClock(crash, { persistenceStore: table.store(), ...options })();
    await running.promise;
    await clock.advance(10_500);
    table.proxy.inject({ operation: 'PutItem', kind: 'lose-answer' });
    const next = async (): Promise<string> => 'taken over';
    answers.push(await onClock(next, { persistenceStore: table.store(), ...options })());
    expect(answers).toEqual(['taken over']);
    never.open();
    expect(await crashed).toBe('taken over');
  });

  it('P3: one request claims, one settles, one replays', async () => {
    const bake = async (): Promise<string> => 'cake';
    const baked = makeIdempotent(bake, {
      persistenceStore: table.store(),
      keyPrefix: 'P3-cost',
      config: { eventKey: () => 1 },
    });
    await baked();
    expect(table.proxy.requests.map(({ operation }) => operation)).toEqual(['PutItem', 'UpdateItem']);
    await baked();
    // dynalite, taught, returns the item of a refused put: no read is needed.
    expect(table.proxy.requests.map(({ operation }) => operation)).toEqual([
      'PutItem',
      'UpdateItem',
      'PutItem',
    ]);
  });
});
