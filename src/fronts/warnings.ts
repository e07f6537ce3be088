/** With more, the oldest is forgotten: a prefix per tenant must not make this grow without limit. */
const MAX_WARNINGS = 1_000;

const SHARED: unique symbol = Symbol.for('lambda-idempotency.warned') as never;

/** Shared by the ESM and CJS builds in one process. */
const warned = (): Set<string> => {
  const shared = globalThis as { [SHARED]?: Set<string> };
  shared[SHARED] ??= new Set();
  return shared[SHARED];
};

export type WarningCode =
  | 'IDEMPOTENCY_DISABLED'
  | 'IDEMPOTENCY_KEY_MISSING'
  | 'IDEMPOTENCY_NO_CONTEXT'
  | 'IDEMPOTENCY_SHORT_WINDOW';

/**
 * Emits a process warning, once in a process for each code and subject. In Lambda it is a line in the function's log.
 *
 * @param about what the warning is about, such as a scope
 */
export const warnOnce = (code: WarningCode, about: string, message: string): void => {
  const known = warned();
  const warning = `${code} ${about}`;
  if (known.has(warning)) return;
  const [oldest] = known;
  if (oldest !== undefined && known.size >= MAX_WARNINGS) known.delete(oldest);
  known.add(warning);
  process.emitWarning(message, { type: 'IdempotencyWarning', code });
};
