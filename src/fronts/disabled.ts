import { emit } from '../core/protocol/events.js';
import { disablingVariable } from './host.js';
import { warnOnce } from './warnings.js';

/**
 * Whether the environment switches idempotency off, read per call, so that a test or an operator may switch at any time.
 * It never does so silently: an event each time, and a warning once in a process.
 */
export const isSwitchedOff = (scope: () => string): boolean => {
  const variable = disablingVariable();
  if (variable === undefined) return false;
  emit('disabled', () => ({ scope: scope() }));
  warnOnce(
    'IDEMPOTENCY_DISABLED',
    '',
    `Idempotency is switched off by the environment variable ${variable}: every function runs unprotected, and duplicates run again. Remove the variable to switch it back on.`,
  );
  return true;
};
