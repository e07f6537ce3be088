import { edit, type PlantedBug } from './planted-bug.js';

const CACHED = 'src/stores/local-cache.ts';
/** The simulated database; the conditions of the real stores are mutated elsewhere. */
const STORE = 'tests/model/transitions.ts';

/** Bugs of stores. */
export const ofStores: readonly PlantedBug[] = [
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
  return { after: remains &&`,
        `if (existing?.status !== 'running') return refusal(existing);
  return { after: remains &&`,
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
        'if (existing && (isBarred || !isOver(existing, now, now - leaseOverAt))) {',
        "if (existing?.status === 'done' && !isOver(existing, now, now - leaseOverAt)) {",
      ),
    ],
  },
  {
    name: 'cached-running-record',
    says: 'The local cache keeps running records too.',
    edits: [edit(CACHED, 'if (isSettled(record) && isSmall(record.result)) settled', 'if (record) settled')],
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
