import { edit, type PlantedBug } from './planted-bug.js';

const IS_OWN = 'isSettled(answer.existing) && answer.existing.fence === record.fence';

/** Bugs on the way from a run: settles, releases, lost leases. */
export const ofFinishes: readonly PlantedBug[] = [
  {
    name: 'key-at-settle',
    says: 'The key is computed again at the settle, from an event that the function may have changed.',
    edits: [
      edit(
        'identityNow',
        '{ key, scope, windowSeconds, fingerprint, source, tenant }',
        `{ keyNow: () => \`\${scope}#\${hashValue(select?.(payload, context).value, rules.hashFunction, parts)}\`,
    key, scope, windowSeconds, fingerprint, source, tenant }`,
      ),
      edit(
        'requestSettle',
        'call.policy.store.settle(record.key, record.fence, outcome)',
        'call.policy.store.settle(call.keyNow(), record.fence, outcome)',
      ),
    ],
  },
  {
    name: 'window-from-the-claim',
    says: 'The window is counted from the claim.',
    edits: [
      edit(
        'write',
        'windowEndOf(call)',
        'Math.ceil((claim.record.leaseUntil - call.policy.leaseMs) / 1_000 + call.windowSeconds) * 1_000',
      ),
    ],
  },
  {
    name: 'stale-answer',
    says: 'A run that lost its lease returns its own value.',
    edits: [edit('settle', "ending.kind === 'settled'", "ending.kind !== 'released'")],
  },
  {
    name: 'any-settled-is-own',
    says: 'Any settled record is taken for the own one whose answer was lost.',
    edits: [edit('settleWithRetry', IS_OWN, 'isSettled(answer.existing)')],
  },
  {
    name: 'own-settled-is-lost',
    says: 'A settle that meets its own outcome takes it for a lost lease.',
    edits: [edit('settleWithRetry', IS_OWN, 'false')],
  },
  {
    name: 'stale-run-gets-conflict',
    says: 'A run that lost its lease gets the outcome of another payload.',
    edits: [
      edit(
        'isOutcomeOf',
        'isSettled(existing) && !conflicts(existing, call.fingerprint)',
        'isSettled(existing)',
      ),
    ],
  },
  {
    name: 'settle-once',
    says: 'A settle that failed is not tried again.',
    edits: [edit('write', 'mayPass && triesLeft > 0 && left > 0', 'false')],
  },
  {
    name: 'large-result-runs-again',
    says: 'A result that cannot be stored releases the claim.',
    edits: [
      edit(
        'write',
        'result = { stored: false, reason: (error as Error).message };',
        'await call.policy.store.release(claim.record.key, claim.record.fence); throw error;',
      ),
    ],
  },
  {
    name: 'retries-multiply',
    says: 'A settle is tried again without counting what the client of the store has sent.',
    edits: [edit('write', 'Math.floor((MAX_REQUESTS - sent[of]) / requests)', '8')],
  },
  {
    name: 'released-is-lost',
    says: 'A run whose key another has taken over and given up since takes its lease for lost.',
    edits: [edit('isTaken', 'existing !== undefined && !isReleased(existing)', 'existing !== undefined')],
  },
  {
    name: 'errors-settle-nothing',
    says: 'A function that throws leaves its record running.',
    edits: [edit('run', 'await fail(begun.claim, error);', '')],
  },
  {
    name: 'release-error-wins',
    says: 'A release that fails replaces the error of the function.',
    edits: [edit('release', 'return undefined;', "throw new IdempotencyPersistenceLayerError('release');")],
  },
  {
    name: 'run-in-the-retry-loop',
    says: 'The function runs again when its settle fails.',
    edits: [
      edit(
        'run',
        'settle(begun.claim, value)',
        'settle(begun.claim, value).catch(async () => settle(begun.claim, await execute()))',
      ),
    ],
  },
];
