import {
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
} from '../../../src/core/protocol/errors.js';
import type { RunningRecord, StoredRecord } from '../../../src/core/protocol/record.js';
import type {
  ClaimAnswer,
  ClaimMoment,
  HolderAnswer,
  Outcome,
  PersistenceStore,
  ReadOptions,
} from '../../../src/core/protocol/store.js';
import type { StoreAnswer, StoreRequest } from '../transitions.js';
import type { Host } from './host.js';
import type { Network } from './network.js';

const MAX_ATTEMPTS = 3;
const ATTEMPT_TIMEOUT_MS = 2_000;
const FIRST_PAUSE_MS = 50;

/** What became of one sending. */
export type Reply =
  | { readonly kind: 'answer'; readonly answer: StoreAnswer }
  | { readonly kind: 'too large' }
  /** No answer, or a throttle: worth another sending. */
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'denied' };

/** Told what the caller of the store gets to know. */
export interface ClientObserver {
  asked(request: StoreRequest): void;
  /** One sending of it. */
  sent(request: StoreRequest): void;
  answered(request: StoreRequest, answer: StoreAnswer): void;
  failed(request: StoreRequest, error: IdempotencyPersistenceLayerError): void;
}

/** A store as a host sees it: the database behind a bad network, and a client that sends again as AWS's SDK does. */
export class Client implements PersistenceStore {
  readonly #host: Host;
  readonly #network: Network;
  readonly #observer: ClientObserver;

  constructor(host: Host, network: Network, observer: ClientObserver) {
    this.#host = host;
    this.#network = network;
    this.#observer = observer;
  }

  claim(record: RunningRecord, moment: ClaimMoment): Promise<ClaimAnswer> {
    return this.#send({ operation: 'claim', key: record.key, record, moment }) as Promise<ClaimAnswer>;
  }

  settle(key: string, fence: string, outcome: Outcome): Promise<HolderAnswer> {
    return this.#send({ operation: 'settle', key, fence, outcome }) as Promise<HolderAnswer>;
  }

  release(key: string, fence: string, remains?: RunningRecord): Promise<HolderAnswer> {
    return this.#send({ operation: 'release', key, fence, remains }) as Promise<HolderAnswer>;
  }

  renew(key: string, fence: string, leaseUntil: number, expiresAt: number): Promise<HolderAnswer> {
    return this.#send({ operation: 'renew', key, fence, leaseUntil, expiresAt }) as Promise<HolderAnswer>;
  }

  async read(key: string, options?: ReadOptions): Promise<StoredRecord | undefined> {
    const answer = await this.#send({ operation: 'read', key, isConsistent: options?.consistent ?? true });
    return (answer as { read: StoredRecord | undefined }).read;
  }

  async #send(request: StoreRequest): Promise<StoreAnswer> {
    this.#observer.asked(request);
    let isRefused = true;
    for (let attempt = 1; ; attempt++) {
      this.#observer.sent(request);
      const reply = await this.#attempt(request);
      if (reply.kind === 'answer') {
        this.#observer.answered(request, reply.answer);
        return reply.answer;
      }
      if (reply.kind === 'too large') throw new IdempotencyResultError('it was larger than the store takes');
      const why = reply.kind === 'failed' ? reply.why : 'denied';
      isRefused &&= why === 'denied' || why === 'throttled';
      if (reply.kind === 'denied' || attempt === MAX_ATTEMPTS) {
        const error = new IdempotencyPersistenceLayerError(`${request.operation}: ${why}`, {
          retryable: reply.kind === 'failed',
          mayBeApplied: !isRefused,
          requests: attempt,
        });
        this.#observer.failed(request, error);
        throw error;
      }
      await this.#pause(FIRST_PAUSE_MS * 2 ** attempt * this.#network.random.next());
    }
  }

  #attempt(request: StoreRequest): Promise<Reply> {
    return new Promise((resolve) => {
      const cancel = this.#host.clock.after(ATTEMPT_TIMEOUT_MS, () =>
        resolve({ kind: 'failed', why: 'timed out' }),
      );
      this.#network.carry(request, this.#host.name, (reply) =>
        this.#host.wake(() => {
          cancel();
          resolve(reply);
        }),
      );
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#host.clock.after(ms, resolve);
    });
  }
}
