import { describe, expect, it } from '@jest/globals';
import { makeIdempotent } from '../../src/index.js';
import { useFaultTable } from '../support/fault-table.js';

const table = useFaultTable();

describe('P2: identity is fixed at the claim', () => {
  it('P2: a handler that changes its event changes nothing', async () => {
    let runs = 0;
    const handler = makeIdempotent(
      async function bake(event: { order: { id: number; state?: string } }): Promise<number> {
        event.order.state = 'baked';
        event.order.id = 99;
        return ++runs;
      },
      { persistenceStore: table.store(), keyPrefix: 'P2', config: { payloadValidationJmesPath: 'order' } },
    );
    expect(await handler({ order: { id: 1 } })).toBe(1);
    expect(await handler({ order: { id: 1 } })).toBe(1);
    expect(runs).toBe(1);
    expect((await table.item('P2'))['status']).toEqual({ S: 'COMPLETED' });
  });
});
