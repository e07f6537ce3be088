/** Time as the core sees it. Passed in, so that tests move it by hand. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back once after `ms`; the returned function cancels. With `unref`, waiting does not keep the process alive. */
  after(ms: number, callback: () => void, options?: { readonly unref?: boolean }): () => void;
}

export const sleep = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(ms, resolve);
  });

/**
 * The work's answer, or `late()` thrown once the clock passes `until` (epoch ms; infinite: never).
 * The work itself goes on: a store request cannot be taken back, only no longer waited for.
 */
export const within = <T>(clock: Clock, until: number, work: Promise<T>, late: () => Error): Promise<T> => {
  if (until === Number.POSITIVE_INFINITY) return work;
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.after(Math.max(0, until - clock.now()), () => reject(late()));
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
