import type { Clock } from '../../../core/protocol/clock.js';

/** What the lean client uses of its process. Tests pass a substitute. */

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Host {
  /** Read for each request, since credentials may change. */
  readonly env: Environment;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
}

export const processHost: Host = {
  get env() {
    return process.env;
  },
  clock: {
    now: () => Date.now(),
    after: (ms, callback, { unref = false } = {}) => {
      const timer = setTimeout(callback, ms);
      if (unref) timer.unref();
      return () => clearTimeout(timer);
    },
  },
  random: () => Math.random(),
};

type Http = Pick<typeof import('node:http'), 'request'> & {
  readonly Agent: new (options: import('node:https').AgentOptions) => import('node:http').Agent;
};

/**
 * In an ES module, `import` of `node:http` loads all that it exports: 40 ms on Node 22 and 24, of which this client
 * needs 8. Node before 20.16 has no other way.
 */
export const loadHttp = async (isSecure: boolean): Promise<Http> => {
  const name = isSecure ? 'node:https' : 'node:http';
  const builtin = process.getBuiltinModule?.(name) as Http | undefined;
  return builtin ?? (isSecure ? await import('node:https') : await import('node:http'));
};

/** What a header or a credential may contain: ASCII without spaces and line breaks. */
export const isVisible = (value: string): boolean => /^[\x21-\x7e]+$/.test(value);

const LOOPBACK = /^(localhost|.+\.localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** @param hostname as in `URL.hostname` */
export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname);

/** Read as in the fronts. If true, nothing is protected, and nothing is sent. */
export const isSwitchedOff = (env: Environment): boolean =>
  [env['IDEMPOTENCY_DISABLED'], env['POWERTOOLS_IDEMPOTENCY_DISABLED']].some(
    (value) => value !== undefined && /^\s*(1|true|yes|on|y|t)\s*$/i.test(value),
  );
