import { randomUUID } from 'node:crypto';
import { defaultCodec } from '../core/codecs/pipeline.js';
import { describeThrown, rebuildThrown } from '../core/codecs/thrown-errors.js';
import type { Host } from '../core/config/resolve.js';
import { compileJmesPath } from '../core/jmespath/compile.js';
import { unstableFields } from '../sources/unstable-fields.js';

/** The longest delay of a Node timer; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Node's clock and randomness, the expression engine, and the default codec: bound here and nowhere else. */
export const nodeHost: Host = Object.freeze({
  runtime: Object.freeze({
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      after: (ms: number, callback: () => void, options: { readonly unref?: boolean } = {}) => {
        const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER_MS));
        if (options.unref) timer.unref();
        return () => clearTimeout(timer);
      },
    },
    // Without Node's cache of random bytes: processes restored from one snapshot (SnapStart) would have the same ones.
    newFence: () => randomUUID({ disableEntropyCache: true }),
    random: () => Math.random(),
  }),
  compileExpression: compileJmesPath,
  defaultCodec,
  thrownErrors: { describe: describeThrown, rebuild: rebuildThrown },
  unstableFields,
});

const isOn = (value: string | undefined): boolean =>
  value !== undefined && /^\s*(1|true|yes|on|y|t)\s*$/i.test(value);

const DISABLING = ['IDEMPOTENCY_DISABLED', 'POWERTOOLS_IDEMPOTENCY_DISABLED'] as const;

/** The environment variable that switches idempotency off, if one does. Read on every call, since it may change. */
export const disablingVariable = (): string | undefined =>
  DISABLING.find((variable) => isOn(process.env[variable]));

/** The name of the Lambda function that this process runs. */
export const lambdaName = (): string | undefined => process.env['AWS_LAMBDA_FUNCTION_NAME'] || undefined;
