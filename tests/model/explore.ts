import type { Exploration } from './explorer/breadth-first.js';
import { deepRuns, exploreModel, invariants, quickRuns } from './explorer/model.js';
import { table } from './print.js';

/** `npm run explore`: sees every state of the exhaustive model within small bounds; `-- deep` within larger ones. */

const runs = process.argv[2] === 'deep' ? { ...quickRuns, ...deepRuns } : quickRuns;
console.log(
  `Two hosts, one key. In every state:\n${Object.keys(invariants)
    .map((name) => `  ${name}`)
    .join('\n')}\n`,
);
const rows: (string | number)[][] = [];
let failed: Exploration['counterexample'];
for (const [name, bounds] of Object.entries(runs)) {
  const startedAt = performance.now();
  const { states, transitions, counterexample } = exploreModel(bounds);
  failed ??= counterexample;
  const seconds = `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
  rows.push([name, states, transitions, seconds, counterexample ? 'VIOLATED' : 'holds']);
}
console.log(table([['bounds', 'states', 'transitions', 'time', ''], ...rows]));
if (failed)
  console.log(`\n"${failed.invariant}" is violated:\n${failed.path.map((step) => `  ${step}`).join('\n')}`);
process.exitCode = failed ? 1 : 0;
