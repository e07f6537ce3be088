import { edit, type PlantedBug } from './planted-bug.js';

const CALL = 'src/core/call/call.ts';
const FINISH = 'src/core/call/finish.ts';
const KEEP = 'src/core/call/keep.ts';
const REQUESTS = 'src/core/call/store-requests.ts';
const KEY = 'src/core/keys/identity.ts';

/** Bugs on the way from a run: settles, releases, lost leases. */
export const ofFinishes: readonly PlantedBug[] = [
  {
    name: 'key-at-settle',
    says: 'The key is computed again at the settle, from an event that the function may have changed.',
    edits: [
      edit(
        KEY,
        'return { key, scope, windowSeconds,',
        `return { keyNow: () => \`\${scope}#\${hashValue(select?.(payload, context).value, plan.hashFunction, parts)}\`,
    key, scope, windowSeconds,`,
      ),
      edit(
        REQUESTS,
        'policy.store.settle(record.key, record.fence, outcome)',
        'policy.store.settle((call as any).keyNow(), record.fence, outcome)',
      ),
    ],
  },
  {
    name: 'window-from-the-claim',
    says: 'The window is counted from the claim.',
    edits: [
      edit(
        KEEP,
        'expiresAt: toWholeSeconds(clock.now() + windowOf(call)) };',
        'expiresAt: toWholeSeconds(claim.record.leaseUntil - call.policy.leaseMs + windowOf(call)) };',
      ),
    ],
  },
  {
    name: 'stale-answer',
    says: 'A run that lost its lease returns its own value.',
    edits: [edit(FINISH, 'kept.kept ? value : lost(claim, kept.existing)', 'value')],
  },
  {
    name: 'any-settled-is-own',
    says: 'Any settled record is taken for the own one whose answer was lost.',
    edits: [edit(KEEP, 'isSettled(existing) && existing.fence === record.fence', 'isSettled(existing)')],
  },
  {
    name: 'own-settled-is-lost',
    says: 'A settle that meets its own outcome takes it for a lost lease.',
    edits: [edit(KEEP, 'isSettled(existing) && existing.fence === record.fence', 'false')],
  },
  {
    name: 'stale-run-gets-conflict',
    says: 'A run that lost its lease gets the outcome of another payload.',
    edits: [
      edit(FINISH, 'isSettled(existing) && !conflicts(existing, call.fingerprint)', 'isSettled(existing)'),
    ],
  },
  {
    name: 'settle-once',
    says: 'A settle that failed is not tried again.',
    edits: [edit(KEEP, 'if (isFinal || clock.now() >= giveUpAt) throw error;', 'throw error;')],
  },
  {
    name: 'large-result-runs-again',
    says: 'A result that cannot be stored releases the claim.',
    edits: [
      edit(
        KEEP,
        'result = { stored: false, reason: error.message };\n        continue;',
        'await call.policy.store.release(claim.record.key, claim.record.fence);\n        throw error;',
      ),
    ],
  },
  {
    name: 'errors-settle-nothing',
    says: 'A function that throws leaves its record running.',
    edits: [edit(CALL, '    await fail(begun.claim, error);\n    throw error;', '    throw error;')],
  },
  {
    name: 'release-error-wins',
    says: 'A release that fails replaces the error of the function.',
    edits: [
      edit(
        FINISH,
        '    // Told as `storeFailed`. The record stays until its lease is over, then the next claim takes over.\n    return undefined;',
        "    throw new IdempotencyPersistenceLayerError('release');",
      ),
    ],
  },
  {
    name: 'run-in-the-retry-loop',
    says: 'The function runs again when its settle fails.',
    edits: [
      edit(
        CALL,
        '  return settle(begun.claim, value);',
        '  return settle(begun.claim, value).catch(async () => settle(begun.claim, await execute()));',
      ),
    ],
  },
];
