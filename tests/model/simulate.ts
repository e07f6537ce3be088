import { loadLab } from './bugs/build.js';
import { bugNamed } from './bugs/planted.js';
import { percent, table } from './print.js';
import { type Report, simulate } from './simulator/simulate.js';
import { describeProfiles, isProfileName } from './simulator/weather.js';

/**
 * `npm run simulate`: runs seeds, and prints what happened in them.
 *
 * SEEDS=10000 how many, FROM=1 the first, SEED=7 one alone with its trace, PROFILE=calm one kind of world;
 * `-- --bug NAME` on a copy of the library with a planted bug.
 */

const SHOWN_FAILURES = 10;
const SHOWN_LINES = 80;

const { SEED, SEEDS = '10000', FROM = '1', PROFILE } = process.env;
if (PROFILE !== undefined && !isProfileName(PROFILE)) {
  console.error(`PROFILE is one of:\n${describeProfiles()}`);
  process.exit(2);
}
const [flag, bugName] = process.argv.slice(2);
const bug = flag === '--bug' ? bugNamed(bugName) : undefined;
const run = bug ? (await loadLab(bug)).simulate : simulate;
if (bug) console.log(`With a planted bug: ${bug.says}\n`);

// Traces of calls are not looked at, and cost a third of the time.
Error.stackTraceLimit = 0;

const explain = async ({ seed, profile, violation }: Report, all: boolean): Promise<void> => {
  const { trace } = await run(seed, { profile: PROFILE, trace: true });
  const shown = all ? trace : trace.slice(-SHOWN_LINES);
  console.log(`\nseed ${seed}, profile ${profile}:`);
  if (shown.length < trace.length)
    console.log(`  … ${trace.length - shown.length} lines before (SEED=${seed} shows all)`);
  for (const line of shown) console.log(`  ${line}`);
  if (!violation) return;
  console.log(`\n"${violation.check}" (${violation.promise}) is violated: ${violation.message}.`);
  console.log(`The check: ${violation.says}`);
  if (bug) return;
  console.log(`To keep it, add to tests/model/regression-seeds.ts:`);
  console.log(`  { seed: ${seed}, profile: '${profile}', shows: '${violation.check}: …' },`);
};

const single = async (seed: number): Promise<boolean> => {
  const report = await run(seed, { profile: PROFILE });
  await explain(report, true);
  if (!report.violation) console.log('\nNo violation.');
  return !report.violation;
};

const many = async (from: number, count: number): Promise<boolean> => {
  const totals = { steps: 0, calls: 0, effects: 0, takeOvers: 0 };
  const faults: Record<string, number> = {};
  const profiles: Record<string, number> = {};
  const failures: Report[] = [];
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  for (let seed = from; seed < from + count && failures.length < SHOWN_FAILURES; seed++) {
    const report = await run(seed, { profile: PROFILE });
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += report[name];
    for (const [name, times] of Object.entries(report.faults)) faults[name] = (faults[name] ?? 0) + times;
    profiles[report.profile] = (profiles[report.profile] ?? 0) + 1;
    if (report.violation) failures.push(report);
  }
  const seeds = Object.values(profiles).reduce((sum, each) => sum + each, 0);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  console.log(
    table([
      ['seeds', seeds],
      ...Object.entries(profiles).map(([name, n]) => [`  ${name}`, n, percent(n, seeds)]),
    ]),
  );
  console.log(table(Object.entries({ ...totals, violations: failures.length })));
  console.log('faults that occurred');
  console.log(
    table(
      Object.entries(faults)
        .sort()
        .map(([name, n]) => [`  ${name}`, n]),
    ),
  );
  console.log(`${seconds.toFixed(1)} s, of which ${((user + system) / 1e6).toFixed(1)} s of processor time`);
  if (failures[0]) {
    await explain(failures[0], false);
    for (const { seed, violation } of failures.slice(1))
      console.log(`also: seed ${seed}, "${violation?.check}"`);
  }
  return failures.length === 0;
};

const isSound = SEED === undefined ? await many(Number(FROM), Number(SEEDS)) : await single(Number(SEED));
process.exitCode = isSound ? 0 : 1;
