import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunningRecord, StoredRecord } from '../../src/core/protocol/record.js';
import type { PersistenceStore } from '../../src/core/protocol/store.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { itKeepsTheContract } from '../stores/contract.js';
import { Client } from './simulator/client.js';
import { Database } from './simulator/database.js';
import { Host } from './simulator/host.js';
import { Network } from './simulator/network.js';
import { Random } from './simulator/random.js';
import { Scheduler } from './simulator/scheduler.js';
import { drawWeather, profiles } from './simulator/weather.js';
import { type StoreRequest, transition } from './transitions.js';

/** A client of a simulated database in good weather, whose virtual time runs on by itself. */
const simulatedStore = (): PersistenceStore => {
  const random = new Random(1);
  const scheduler = new Scheduler(random.fork());
  const database = new Database({ now: () => scheduler.now, wrote: () => {} });
  const weather = drawWeather(random, profiles.calm);
  const network = new Network({
    scheduler,
    database,
    random,
    weather: () => weather,
    fault: () => {},
    note: () => {},
  });
  const host = new Host('host', scheduler, { offsetMs: 0, drift: 0 });
  const client = new Client(host, network, {
    asked: () => {},
    sent: () => {},
    answered: () => {},
    failed: () => {},
  });
  const driven = <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    if (!scheduler.isRunning) void scheduler.run();
    return answer;
  };
  return {
    claim: (record, moment) => driven(client.claim(record, moment)),
    settle: (key, fence, outcome) => driven(client.settle(key, fence, outcome)),
    renew: (key, fence, leaseUntil, expiresAt) => driven(client.renew(key, fence, leaseUntil, expiresAt)),
    release: (key, fence, remains) => driven(client.release(key, fence, remains)),
    read: (key, options) => driven(client.read(key, options)),
  };
};

describe('the simulated database', () => {
  itKeepsTheContract(simulatedStore);
});

describe('the transitions of the models', () => {
  const NOW = 1_700_000_000_000;
  const times = fc.integer({ min: 0, max: 6 }).map((seconds) => NOW + seconds * 1_000);
  const fences = fc.constantFrom('a', 'b', 'c');
  const requests: fc.Arbitrary<StoreRequest> = fc.oneof(
    fc
      .record({ fence: fences, now: times, margin: fc.constantFrom(0, 1_000), lease: fc.constantFrom(1, 2) })
      .map(
        ({ fence, now, margin, lease }): StoreRequest => ({
          operation: 'claim',
          key: 'k',
          // Expires last, so that the memory store, which sweeps when it claims, does not forget it before.
          record: {
            status: 'running',
            key: 'k',
            fence,
            leaseUntil: now + lease * 1_000,
            expiresAt: NOW + 60_000,
          },
          moment: { now, leaseOverAt: now - margin },
        }),
      ),
    fc.record({ fence: fences, expiresAt: times }).map(
      ({ fence, expiresAt }): StoreRequest => ({
        operation: 'settle',
        key: 'k',
        fence,
        outcome: { status: 'done', result: { stored: true, codec: 'json', data: fence }, expiresAt },
      }),
    ),
    fences.map((fence): StoreRequest => ({ operation: 'release', key: 'k', fence })),
    fc.constant<StoreRequest>({ operation: 'read', key: 'k', isConsistent: true }),
  );

  const askMemory = async (memory: MemoryPersistenceLayer, request: StoreRequest): Promise<unknown> => {
    switch (request.operation) {
      case 'claim':
        return memory.claim(request.record, request.moment);
      case 'settle':
        return memory.settle(request.key, request.fence, request.outcome);
      case 'release':
        return memory.release(request.key, request.fence);
      default:
        return { read: await memory.read(request.key) };
    }
  };

  it('answer as the memory store does, whatever is asked in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { maxLength: 12 }), async (asked) => {
        const memory = new MemoryPersistenceLayer();
        let record: StoredRecord | undefined;
        for (const request of asked) {
          const { after, answer } = transition(record, request);
          record = after;
          expect(answer).toEqual(await askMemory(memory, request));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('renew only for the holder', () => {
    const held: RunningRecord = { status: 'running', key: 'k', fence: 'a', leaseUntil: NOW, expiresAt: NOW };
    const renewal = {
      operation: 'renew',
      key: 'k',
      leaseUntil: NOW + 9_000,
      expiresAt: NOW + 9_000,
    } as const;
    expect(transition(held, { ...renewal, fence: 'a' })).toEqual({
      after: { ...held, leaseUntil: NOW + 9_000, expiresAt: NOW + 9_000 },
      answer: { held: true },
    });
    expect(transition(held, { ...renewal, fence: 'b' })).toEqual({
      after: held,
      answer: { held: false, existing: held },
    });
  });
});
