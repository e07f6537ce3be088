import { edit, type PlantedBug } from './planted-bug.js';

const WAIT = 'waitForChange({ ...call.policy, ...call.runtime, failed }, call.key, until)';
const CLAIM_ANEW =
  'requestClaim({ ...claim, record: runningRecord(call, fence, attempts) }, answer.existing)';

/** Bugs that this library had: found by the simulator, and mended since. */
export const onceReal: readonly PlantedBug[] = [
  {
    name: 'run-on-a-dead-lease',
    says: 'A run begins although its claim was answered after its lease.',
    edits: [edit('acceptClaim', 'leaseUntil <= call.runtime.clock.now()', 'false')],
  },
  {
    name: 'two-timers-for-a-wait',
    says: 'A wait to the end of the invocation ends as a failure of the store.',
    edits: [
      edit('requestChange', `reportFailure(call, 'read', () => ${WAIT})`, `ask(call, 'read', () => ${WAIT})`),
    ],
  },
  {
    name: 'restore-once',
    says: 'Claiming a vanished record anew is not tried again.',
    edits: [
      edit(
        'settleOrRestore',
        CLAIM_ANEW,
        `${CLAIM_ANEW}.catch((error) => { throw new IdempotencyPersistenceLayerError(error.message, { retryable: false }); })`,
      ),
    ],
  },
  {
    name: 'vanished-is-lost',
    says: 'A record that vanished is taken for a lost lease.',
    edits: [edit('settleOrRestore', 'answer.held || isTaken(answer.existing)', 'true')],
  },
];
