import { loadLab } from './bugs/build.js';
import { bugNamed, plantedBugs } from './bugs/planted.js';
import type { PlantedBug } from './bugs/planted-bug.js';
import { SMALL } from './explorer/model.js';
import { table } from './print.js';

/**
 * `npm run simulate:bugs`: plants one bug after the other in a copy of the library, and says which seed and which check
 * find it. Fails when one is not found within the seeds of `npm run simulate`, or does not fit the source any more.
 * `-- NAME…` tries some alone.
 */

const MOST_SEEDS = 10_000;

interface Verdict {
  readonly bug: PlantedBug;
  readonly seed: number | undefined;
  readonly check: string;
  readonly model: string;
}

const find = async (bug: PlantedBug): Promise<Verdict> => {
  const lab = await loadLab(bug);
  const model = bug.isInModel ? explored(lab.exploreModel(SMALL)) : '';
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const { violation } = await lab.simulate(seed);
    if (violation) return { bug, seed, check: violation.check, model };
  }
  return { bug, seed: undefined, check: '', model };
};

const explored = ({
  states,
  counterexample,
}: ReturnType<Awaited<ReturnType<typeof loadLab>>['exploreModel']>): string =>
  counterexample
    ? `${counterexample.invariant}, ${counterexample.path.length - 1} steps`
    : `missed, ${states} states`;

Error.stackTraceLimit = 0;
const names = process.argv.slice(2);
const bugs = names.length > 0 ? names.map(bugNamed) : plantedBugs;
const verdicts: Verdict[] = [];
for (const bug of bugs) verdicts.push(await find(bug));

const rows = verdicts.map(({ bug, seed, check, model }) => [bug.name, seed ?? 'NOT FOUND', check, model]);
console.log(table([['bug', 'seed', 'found by the check', 'and by the exhaustive model'], ...rows]));
const missed = verdicts.filter(({ seed, model }) => seed === undefined || model.startsWith('missed'));
console.log(`\n${verdicts.length - missed.length} of ${verdicts.length} planted bugs found`);
process.exitCode = missed.length === 0 ? 0 : 1;
