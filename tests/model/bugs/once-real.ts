import { edit, type PlantedBug } from './planted-bug.js';

const CALL = 'src/core/call/call.ts';
const KEEP = 'src/core/call/keep.ts';
const REQUESTS = 'src/core/call/store-requests.ts';

/** Bugs that this library had: found by the simulator, and mended since. */
export const onceReal: readonly PlantedBug[] = [
  {
    name: 'run-on-a-dead-lease',
    says: 'A run begins although its claim was answered after its lease.',
    edits: [edit(CALL, 'if (leaseUntil <= call.runtime.clock.now()) {', 'if (false) {')],
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
        KEEP,
        'const anew = await requestClaim({ ...claim, record: runningRecord(call, fence, attempts) });',
        'const anew = await requestClaim({ ...claim, record: runningRecord(call, fence, attempts) }).catch((error) => { throw new IdempotencyPersistenceLayerError(error.message, { retryable: false }); });',
      ),
    ],
  },
  {
    name: 'vanished-is-lost',
    says: 'A record that vanished is taken for a lost lease.',
    edits: [edit(KEEP, 'if (answer.held || answer.existing) return answer;', 'return answer;')],
  },
];
