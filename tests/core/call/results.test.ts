import { describe, expect, it } from '@jest/globals';
import { decodeForError, decodeResult, discardResult, encodeResult } from '../../../src/core/call/results.js';
import type { Call, Claim } from '../../../src/core/call/types.js';
import type { CodecContext, ResultCodec } from '../../../src/core/protocol/codec.js';
import {
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
} from '../../../src/core/protocol/errors.js';
import type { SettledRecord, StoredResult } from '../../../src/core/protocol/record.js';
import type { PersistenceStore } from '../../../src/core/protocol/store.js';
import { makeIdempotent } from '../../../src/index.js';
import { MemoryPersistenceLayer } from '../../../src/stores/memory.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const NOW = 1_700_000_000_000;

const setUp = (codec: Partial<ResultCodec>, changes: Partial<Call> = {}, store = {}) => {
  const clock = new ManualClock(NOW);
  const call: Call = {
    key: 'shop#hash',
    scope: 'shop',
    fingerprint: undefined,
    source: undefined,
    deadline: undefined,
    endsAt: undefined,
    requestId: undefined,
    windowSeconds: 3_600,
    runtime: { clock, newFence: () => 'fence', random: () => 0 },
    policy: { codec: codec as ResultCodec, store: store as PersistenceStore } as Call['policy'],
    ...changes,
  };
  const claim: Claim = {
    call,
    record: { status: 'running', key: call.key, fence: 'fence', leaseUntil: NOW, expiresAt: NOW },
  };
  const record = (result: StoredResult): SettledRecord => ({
    status: 'done',
    key: call.key,
    fence: 'writer',
    expiresAt: NOW + 1_000,
    result,
  });
  return { clock, call, claim, record };
};

const never = (): Promise<never> => new Promise(() => {});
const throwing = (error: unknown) => (): never => {
  throw error;
};
const stored: StoredResult = { stored: true, codec: 'mine', data: '1' };

describe('encodeResult', () => {
  it('hands over the claim, and half of the time that is left', async () => {
    const contexts: CodecContext[] = [];
    const { claim } = setUp(
      {
        encode: (_, context) => {
          contexts.push(context);
          return { codec: 'mine', data: '1' };
        },
      },
      { endsAt: 4_100 },
    );
    expect(await encodeResult(claim, 1)).toEqual(stored);
    await encodeResult(claim, 1, 'failure');
    expect(contexts).toEqual([
      {
        key: 'shop#hash',
        scope: 'shop',
        tenant: [],
        fence: 'fence',
        kind: 'value',
        recordBytes: 98,
        timeoutMs: 2_000,
      },
      {
        key: 'shop#hash',
        scope: 'shop',
        tenant: [],
        fence: 'fence',
        kind: 'failure',
        recordBytes: 98,
        timeoutMs: 2_000,
      },
    ]);
  });

  it('P6, P16: tells what the codec said, and of other errors nothing', async () => {
    const reasonFor = async (error: unknown) =>
      encodeResult(setUp({ encode: throwing(error) }).claim, 'secret');
    expect(await reasonFor(new IdempotencyResultError('it is odd'))).toEqual({
      stored: false,
      reason: 'it is odd',
    });
    expect(await reasonFor(new Error('secret'))).toEqual({ stored: false, reason: 'its codec threw' });
    expect(await reasonFor(undefined)).toEqual({ stored: false, reason: 'its codec threw' });
  });

  it.each([
    [undefined],
    [null],
    ['a text'],
    [{}],
    [{ codec: '' }],
    [{ codec: 5, data: '1' }],
    [{ codec: 'mine', data: { a: 1 } }],
    [{ codec: 'mine', data: null }],
    [{ codec: 'mine', data: new DataView(new ArrayBuffer(1)) }],
  ])('P6: has no result of a codec that gives %j', async (given) => {
    expect(await encodeResult(setUp({ encode: () => given as never }).claim, 1)).toEqual({
      stored: false,
      reason: 'its codec did not return { codec, data } with a name and a string or bytes',
    });
  });

  it('takes a text, bytes, or no data of a codec', async () => {
    for (const data of ['', new Uint8Array(2), Buffer.from('a')]) {
      const { claim } = setUp({ encode: () => ({ codec: 'mine', data }) });
      expect(await encodeResult(claim, 1)).toEqual({ stored: true, codec: 'mine', data });
    }
    const { claim } = setUp({ encode: () => ({ codec: 'mine' }) });
    expect(await encodeResult(claim, 1)).toEqual({ stored: true, codec: 'mine' });
  });

  it('P6: a call whose codec gives nonsense is finished all the same', async () => {
    let runs = 0;
    const bake = makeIdempotent(async (_: number) => ++runs, {
      persistenceStore: new MemoryPersistenceLayer(),
      keyPrefix: 'bake',
      config: { codec: { encode: () => 'nonsense' as never, decode: () => 'cake' } },
    });
    expect(await bake(1)).toBe(1);
    await expect(bake(1)).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: expect.stringContaining('its codec did not return { codec, data }'),
    });
    expect(runs).toBe(1);
  });

  it('P14: does not wait for ever, nor past half of what is left', async () => {
    for (const [endsAt, passes] of [
      [undefined, 10_000],
      [4_100, 2_000],
    ] as const) {
      const { claim, clock } = setUp({ encode: never }, { endsAt });
      const answers: StoredResult[] = [];
      const encoding = encodeResult(claim, 1).then((answer) => answers.push(answer));
      await clock.advance(passes - 1);
      expect(answers).toEqual([]);
      await clock.advance(1);
      await encoding;
      expect(answers).toEqual([{ stored: false, reason: 'its codec took too long' }]);
    }
  });
});

describe('discardResult', () => {
  it('never throws, and ends', async () => {
    for (const discard of [never, throwing(new Error('no')), () => Promise.reject(new Error('no'))]) {
      const { claim, clock } = setUp({ discard });
      const discarding = discardResult(claim, stored, 'done');
      await clock.advance(1_000);
      expect(await discarding).toBeUndefined();
    }
  });
});

describe('decodeResult', () => {
  it("hands over the writer's fence", async () => {
    const { call, record } = setUp(
      { decode: (encoded, context) => ({ encoded, context }) },
      { tenant: ['me'] },
    );
    expect(await decodeResult(call, record(stored))).toEqual({
      encoded: { codec: 'mine', data: '1' },
      context: {
        key: 'shop#hash',
        scope: 'shop',
        tenant: ['me'],
        fence: 'writer',
        kind: 'value',
        recordBytes: 99,
        timeoutMs: Number.POSITIVE_INFINITY,
      },
    });
  });

  it('distinguishes a result that cannot be restored from one that could not be fetched', async () => {
    const failure = async (error: unknown) => {
      const { call, record } = setUp({ decode: throwing(error) });
      return decodeResult(call, record(stored)).catch((thrown: unknown) => thrown);
    };
    const gone = new IdempotencyResultError('it is gone');
    expect(await failure(gone)).toBe(gone);
    const unreachable = new IdempotencyPersistenceLayerError('no answer');
    expect(await failure(unreachable)).toBe(unreachable);
    const cause = new Error('secret');
    expect(await failure(cause)).toMatchObject({
      name: 'IdempotencyResultError',
      message: 'its codec threw',
      cause,
    });
  });

  it("P14: ends with the invocation's", async () => {
    const { call, record, clock } = setUp({ decode: never }, { endsAt: 1_100 });
    const decoding = decodeResult(call, record(stored)).catch((thrown: unknown) => thrown);
    await clock.advance(1_000);
    expect(await decoding).toMatchObject({ name: 'IdempotencyPersistenceLayerError', retryable: true });
  });

  it('refuses parts that the store does not read', async () => {
    const { call, record } = setUp({ decode: () => 1 });
    const parts = { count: 1, sha256: 'x', isText: true };
    await expect(decodeResult(call, record({ stored: true, codec: 'mine', parts }))).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: expect.stringContaining('parts'),
    });
  });
});

describe('a codec that answers at once', () => {
  const at = { endsAt: NOW + 10_000 };

  it.each([
    ['without a promise: no timer is set', (answer: unknown) => answer, 0],
    ['with a promise: one timer', (answer: unknown) => Promise.resolve(answer), 1],
  ])('%s', async (_, wrap, timers) => {
    let set = 0;
    const { call, claim, clock, record } = setUp(
      { encode: () => wrap({ codec: 'mine', data: '1' }) as never, decode: () => wrap(1) },
      at,
    );
    const after = clock.after.bind(clock);
    clock.after = (...given) => {
      set++;
      return after(...given);
    };
    expect(await encodeResult(claim, 1)).toEqual(stored);
    expect(set).toBe(timers);
    expect(await decodeResult(call, record(stored))).toBe(1);
    expect(set).toBe(2 * timers);
  });
});

describe('a reason in a record', () => {
  it('is cut, and stays one line', async () => {
    const { call, record } = setUp({});
    const reason = `it was\nodd ${'x'.repeat(1_000)}`;
    await expect(decodeResult(call, record({ stored: false, reason }))).rejects.toMatchObject({
      message: `it was not stored: it was\u{fffd}odd ${'x'.repeat(300 - 11)}…`,
    });
  });
});

describe('decodeForError', () => {
  it('reads no parts, and grants the codec no time for requests', async () => {
    const { call, record } = setUp({ decode: (_, { timeoutMs }) => timeoutMs });
    expect(await decodeForError(call, record(stored))).toBe(0);
    const parts = { count: 1, sha256: 'x', isText: true };
    expect(await decodeForError(call, record({ stored: true, codec: 'mine', parts }))).toBeUndefined();
    const failing = setUp({ decode: throwing(new Error('no')) });
    expect(await decodeForError(failing.call, failing.record(stored))).toBeUndefined();
  });
});
