/**
 * The clock that the library uses. It is passed in, so that tests can control time.
 *
 * @example
 * ```ts
 * import type { Clock } from 'lambda-idempotency';
 * import { createIdempotency } from 'lambda-idempotency/testing';
 *
 * const clock: Clock = {
 *   now: () => Date.now(),
 *   after: (ms, callback) => {
 *     const timer = setTimeout(callback, ms);
 *     return () => clearTimeout(timer);
 *   },
 * };
 * const { makeIdempotent } = createIdempotency({ clock });
 * ```
 */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /**
   * Milliseconds since a moment of the clock's own choice. Unlike `now()`, it never steps: pauses and waits are measured by
   * it. Default: `now()`.
   */
  monotonic?(): number;
  /** Calls back once after `ms` milliseconds; the returned function cancels. With `unref`, the timer does not keep the process alive. */
  after(ms: number, callback: () => void, options?: { readonly unref?: boolean }): () => void;
}

/** The time for pauses and waits. Epoch time is only for records: it may step back, and a wait would not end. */
export const monotonicNow = (clock: Clock): number => clock.monotonic?.() ?? clock.now();

export const sleep = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });

/**
 * Resolves to the work's answer, or rejects with `late()` at `until` (by `monotonicNow`; infinity for never).
 * The work itself continues: a store request cannot be cancelled, only no longer awaited.
 */
export const within = <T>(clock: Clock, until: number, work: Promise<T>, late: () => Error): Promise<T> => {
  if (until === Number.POSITIVE_INFINITY) return work;
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.after(Math.max(0, until - monotonicNow(clock)), () => reject(late()));
    work.then(
      (answer) => {
        cancel();
        resolve(answer);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
};
