/** An exact change of the text of one file. It must fit once: where the file has changed, the bug must be planted anew. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** A bug that this library could have, or once had. */
export interface PlantedBug {
  readonly name: string;
  readonly says: string;
  readonly edits: readonly Edit[];
  /** Whether it lies in a part that the exhaustive model shares; the rest of the core is modelled there. */
  readonly isInModel?: boolean;
}

const edit = (file: string, find: string, put: string): Edit => ({ file, find, put });

const CALL = 'src/core/call.ts';
const FINISH = 'src/core/finish.ts';
const REQUESTS = 'src/core/requests.ts';
const RECORD = 'src/core/record.ts';
const KEY = 'src/core/key.ts';
const CACHED = 'src/stores/cached.ts';
/** The simulated database; the conditions of the real stores are mutated elsewhere. */
const STORE = 'tests/model/transitions.ts';

const ofStores: readonly PlantedBug[] = [
  {
    name: 'unconditional-settle',
    says: 'A settle writes whatever lies there.',
    isInModel: true,
    edits: [
      edit(
        STORE,
        `if (!holds(existing, fence)) return refusal(existing);
  const { leaseUntil: _, ...rest } = existing;`,
        `if (!existing) return refusal(existing);
  const { leaseUntil: _, ...rest } = existing as RunningRecord;`,
      ),
    ],
  },
  {
    name: 'release-without-fence',
    says: 'A release deletes any running record.',
    isInModel: true,
    edits: [
      edit(
        STORE,
        `if (!holds(existing, fence)) return refusal(existing);
  return { after: undefined,`,
        `if (existing?.status !== 'running') return refusal(existing);
  return { after: undefined,`,
      ),
    ],
  },
  {
    name: 'claim-ignores-leases',
    says: 'A claim displaces any running record.',
    isInModel: true,
    edits: [
      edit(
        STORE,
        'if (existing && !isOver(existing, now, now - leaseOverAt)) {',
        "if (existing?.status === 'done' && !isOver(existing, now, now - leaseOverAt)) {",
      ),
    ],
  },
  {
    name: 'cached-running-record',
    says: 'The local cache keeps running records too.',
    edits: [edit(CACHED, "if (record?.status === 'done') settled", 'if (record) settled')],
  },
  {
    name: 'cache-without-window',
    says: 'The local cache answers after the end of the window.',
    edits: [edit(CACHED, 'if (!record || isOver(record, now, 0)) return', 'if (!record) return')],
  },
  {
    name: 'cache-forgets-fingerprint',
    says: 'What was settled here is cached without its fingerprint.',
    edits: [
      edit(
        CACHED,
        'const { leaseUntil: _, ...rest } = claim;',
        'const { leaseUntil: _, fingerprint: __, ...rest } = claim;',
      ),
    ],
  },
];

const ofClaims: readonly PlantedBug[] = [
  {
    name: 'no-self-recognition',
    says: 'A claim does not know its own record when its answer was lost.',
    isInModel: true,
    edits: [
      edit(
        RECORD,
        "if (record.status === 'running' && record.fence === input.fence) return { verdict: 'won', record };",
        '',
      ),
    ],
  },
  {
    name: 'judge-ignores-skew',
    says: 'The judge takes a lease for over without the margin for clocks that differ.',
    edits: [edit(RECORD, 'isOver(record, input.now, input.clockSkewMs)', 'isOver(record, input.now, 0)')],
  },
  {
    name: 'claim-ignores-skew',
    says: 'The claim asks the store for a take-over without the margin.',
    edits: [edit(REQUESTS, 'leaseOverAt: now - call.policy.clockSkewMs', 'leaseOverAt: now')],
  },
  {
    name: 'leases-never-end',
    says: 'A running record is never over.',
    isInModel: true,
    edits: [
      edit(
        RECORD,
        "record.status === 'running' ? record.leaseUntil <= now - clockSkewMs : record.expiresAt <= now",
        "record.status === 'done' && record.expiresAt <= now",
      ),
    ],
  },
  {
    name: 'window-ends-running-records',
    says: 'A running record is over when its window is.',
    isInModel: true,
    edits: [
      edit(
        RECORD,
        'record.leaseUntil <= now - clockSkewMs :',
        'Math.min(record.leaseUntil, record.expiresAt - 1_000) <= now - clockSkewMs :',
      ),
    ],
  },
  {
    name: 'ttl-ends-a-lease',
    says: 'The TTL attribute of a running record comes of the window alone.',
    edits: [
      edit(
        REQUESTS,
        'Math.max(leaseUntil + policy.clockSkewMs, now + windowOf(call))',
        'now + windowOf(call)',
      ),
    ],
  },
  {
    name: 'short-lease',
    says: 'The lease is half of what was asked for.',
    edits: [edit(REQUESTS, 'deadline ?? now + policy.leaseMs', 'deadline ?? now + policy.leaseMs / 2')],
  },
  {
    name: 'conflict-ignored-while-running',
    says: 'Another payload is told as busy until the first run has settled.',
    isInModel: true,
    edits: [
      edit(
        RECORD,
        'if (conflicts(record, input.fingerprint)) return',
        "if (record.status === 'done' && conflicts(record, input.fingerprint)) return",
      ),
    ],
  },
  {
    name: 'conflict-ignored',
    says: 'Another payload gets the first outcome.',
    isInModel: true,
    edits: [edit(RECORD, 'if (conflicts(record, input.fingerprint)) return', 'if (false) return')],
  },
  {
    name: 'failed-claim-blocks',
    says: 'A claim that failed is not released.',
    edits: [edit(CALL, 'if (error.retryable) await abandon(claim);', '')],
  },
  {
    name: 'wait-without-end',
    says: 'A duplicate that waits is not bounded by its invocation.',
    edits: [
      edit(
        CALL,
        'Math.min(runtime.clock.now() + policy.waitMs, exitOf(call))',
        'runtime.clock.now() + policy.waitMs',
      ),
    ],
  },
  {
    name: 'request-without-end',
    says: 'A request to the store is not bounded by the invocation.',
    edits: [
      edit(REQUESTS, 'within(clock, until, request(), late)', 'within(clock, undefined, request(), late)'),
    ],
  },
  {
    name: 'scope-not-in-key',
    says: 'Tenants share their keys.',
    edits: [edit(KEY, 'if (!plan.scope) return [];', 'return [];')],
  },
];

const ofFinishes: readonly PlantedBug[] = [
  {
    name: 'key-at-settle',
    says: 'The key is computed again at the settle, from an event that the function may have changed.',
    edits: [
      edit(
        KEY,
        '    key,\n    scope,\n    windowSeconds,',
        `    key,
    keyNow: () => \`\${scope}#\${hashValue(select?.(payload, context).value, plan.hashFunction, parts)}\`,
    scope,
    windowSeconds,`,
      ),
      edit(
        REQUESTS,
        'policy.store.settle(record.key, record.fence, outcome)',
        'policy.store.settle(call.keyNow(), record.fence, outcome)',
      ),
    ],
  },
  {
    name: 'window-from-the-claim',
    says: 'The window is counted from the claim.',
    edits: [
      edit(
        FINISH,
        'expiresAt: toWholeSeconds(clock.now() + windowOf(call)) };',
        'expiresAt: toWholeSeconds(claim.record.leaseUntil - call.policy.leaseMs + windowOf(call)) };',
      ),
    ],
  },
  {
    name: 'stale-answer',
    says: 'A run that lost its lease returns its own value.',
    edits: [edit(FINISH, 'if (!isOwn) return lost(claim, answer.existing);', 'if (!isOwn) return value;')],
  },
  {
    name: 'any-settled-is-own',
    says: 'Any settled record is taken for the own one whose answer was lost.',
    edits: [
      edit(
        FINISH,
        "answer.existing?.status === 'done' && answer.existing.fence === record.fence",
        "answer.existing?.status === 'done'",
      ),
    ],
  },
  {
    name: 'own-settled-is-lost',
    says: 'A settle that meets its own outcome takes it for a lost lease.',
    edits: [
      edit(FINISH, "answer.existing?.status === 'done' && answer.existing.fence === record.fence", 'false'),
    ],
  },
  {
    name: 'stale-run-gets-conflict',
    says: 'A run that lost its lease gets the outcome of another payload.',
    edits: [
      edit(
        FINISH,
        "existing?.status === 'done' && !conflicts(existing, call.fingerprint)",
        "existing?.status === 'done'",
      ),
    ],
  },
  {
    name: 'settle-once',
    says: 'A settle that failed is not tried again.',
    edits: [edit(FINISH, 'if (isFinal || clock.now() >= giveUpAt) throw error;', 'throw error;')],
  },
  {
    name: 'large-result-runs-again',
    says: 'A result that cannot be stored releases the claim.',
    edits: [
      edit(
        FINISH,
        'result = { stored: false, reason: error.message };\n        continue;',
        'await release(claim);\n        throw error;',
      ),
    ],
  },
  {
    name: 'errors-settle-nothing',
    says: 'A function that throws leaves its record running.',
    edits: [edit(CALL, '    await release(begun.claim);\n    throw error;', '    throw error;')],
  },
  {
    name: 'release-error-wins',
    says: 'A release that fails replaces the error of the function.',
    edits: [
      edit(
        FINISH,
        '    // Told as `storeFailed`. The record stays until its lease is over, then the next claim takes over.',
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

/** Found in this library by the simulator, and mended since. */
const onceReal: readonly PlantedBug[] = [
  {
    name: 'run-on-a-dead-lease',
    says: 'A run begins although its claim was answered after its lease.',
    edits: [edit(CALL, 'if (record.leaseUntil <= call.runtime.clock.now()) {', 'if (false) {')],
  },
  {
    name: 'two-timers-for-a-wait',
    says: 'A wait to the end of the invocation ends as a failure of the store.',
    edits: [
      edit(
        REQUESTS,
        "reported(call, 'read', () => waitForChange({ ...call.policy, ...call.runtime }, call.key, until));",
        "ask(call, 'read' as never, () => waitForChange({ ...call.policy, ...call.runtime }, call.key, until));",
      ),
    ],
  },
  {
    name: 'restore-once',
    says: 'Claiming a vanished record anew is not tried again.',
    edits: [
      edit(
        FINISH,
        'const anew = await requestClaim({ call, record: runningRecord(call, record.fence) });',
        'const anew = await requestClaim({ call, record: runningRecord(call, record.fence) }).catch((error) => { throw new IdempotencyPersistenceLayerError(error.message, { retryable: false }); });',
      ),
    ],
  },
  {
    name: 'vanished-is-lost',
    says: 'A record that vanished is taken for a lost lease.',
    edits: [edit(FINISH, 'if (answer.held || answer.existing) return answer;', 'return answer;')],
  },
];

export const plantedBugs: readonly PlantedBug[] = [...ofStores, ...ofClaims, ...ofFinishes, ...onceReal];
