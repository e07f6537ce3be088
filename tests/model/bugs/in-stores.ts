import { edit, type PlantedBug } from './planted-bug.js';

/** The simulated database; the conditions of the real stores are mutated elsewhere. */
const DATABASE = 'tests/model/transitions.ts';

/** Bugs of stores. */
export const ofStores: readonly PlantedBug[] = [
  {
    name: 'unconditional-settle',
    says: 'A settle writes whatever lies there.',
    isInModel: true,
    edits: [edit('settle', '!holds(existing, fence)', '!existing', DATABASE)],
  },
  {
    name: 'release-without-fence',
    says: 'A release deletes any running record.',
    isInModel: true,
    edits: [edit('release', '!holds(existing, fence)', "existing?.status !== 'running'", DATABASE)],
  },
  {
    name: 'claim-ignores-leases',
    says: 'A claim displaces any running record.',
    isInModel: true,
    edits: [
      edit(
        'claim',
        'existing && (isBarred || !isOver(existing, now, now - leaseOverAt))',
        "existing?.status === 'done' && !isOver(existing, now, now - leaseOverAt)",
        DATABASE,
      ),
    ],
  },
  {
    name: 'cached-running-record',
    says: 'The local cache keeps running records too.',
    edits: [edit('localCache', 'isSettled(record) && isSmall(record.result)', 'record')],
  },
  {
    name: 'cache-without-window',
    says: 'The local cache answers after the end of the window.',
    edits: [edit('localCache', '!record || isOver(record, now, 0)', '!record')],
  },
  {
    name: 'cache-forgets-fingerprint',
    says: 'What was settled here is cached without its fingerprint.',
    edits: [
      edit(
        'localCache',
        'const { leaseUntil: _, ...rest } = claim;',
        'const { leaseUntil: _, fingerprint: __, ...rest } = claim;',
      ),
    ],
  },
];
