/**
 * `npm run mutate`: each clause of each condition of the stores and of the judge is taken out in turn; some test must
 * fail. `npm run mutate -- memory` looks only at files whose path holds "memory".
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Copy, makeCopy } from './copies.js';
import { runTests, type TestRun } from './jest-runs.js';
import { type Mutant, mutantsOf } from './mutants.js';
import { stagesFor, targetsIn } from './targets.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Justification {
  readonly mutant: string;
  /** Why no test needs to kill it. */
  readonly why: string;
}

const justifications = JSON.parse(
  readFileSync(new URL('./justified.json', import.meta.url), 'utf8'),
) as readonly Justification[];

interface Verdict {
  readonly mutant: Mutant;
  readonly run: TestRun;
  readonly seconds: number;
}

/** DynamoDB's own refusal of an expression: such a mutant is not a change of the condition's meaning. */
const NOT_AN_EXPRESSION = /Invalid \w*Expression|unused in expressions|redundant parentheses/;

const judge = async (copy: Copy, mutant: Mutant, source: string): Promise<Verdict> => {
  const startedAt = performance.now();
  copy.mutate(mutant, source);
  let run: TestRun = { kind: 'passed' };
  for (const stage of stagesFor(root, mutant.file)) {
    if (run.kind === 'passed') run = await runTests(copy.root, stage);
  }
  copy.restore(mutant, source);
  if (run.kind === 'failed' && NOT_AN_EXPRESSION.test(run.message)) {
    throw new Error(`This mutant is not a valid expression, so that it proves nothing: ${mutant.id}`);
  }
  return { mutant, run, seconds: (performance.now() - startedAt) / 1_000 };
};

const row = ({ mutant, run, seconds }: Verdict): string => {
  const isJustified = justifications.some((justification) => justification.mutant === mutant.id);
  const word = run.kind === 'passed' ? (isJustified ? 'justified' : 'SURVIVED') : 'killed';
  const by = run.kind === 'failed' ? `\n${' '.repeat(17)}by ${run.by}` : '';
  const late = run.kind === 'timed out' ? ' (the tests did not end)' : '';
  return `${word.padEnd(9)} ${seconds.toFixed(1).padStart(5)} s ${mutant.id} [line ${mutant.line}]${late}${by}`;
};

/** One copy per processor; each takes the next mutant when it is done with one. */
const judgeAll = async (
  mutants: readonly Mutant[],
  sources: ReadonlyMap<string, string>,
): Promise<Verdict[]> => {
  const left = [...mutants];
  const verdicts: Verdict[] = [];
  const work = async (copy: Copy): Promise<void> => {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) {
      const verdict = await judge(copy, mutant, sources.get(mutant.file) ?? '');
      verdicts.push(verdict);
      console.log(row(verdict));
    }
  };
  const copies = Array.from({ length: availableParallelism() }, () => makeCopy(root));
  await Promise.all(copies.map(work));
  return verdicts;
};

/** The tests must pass over the sources as they are, or every mutant would count as killed. */
const checkTests = async (files: readonly string[]): Promise<void> => {
  const tests = [...new Set(files.flatMap((file) => stagesFor(root, file)).flat())];
  const run = await runTests(makeCopy(root).root, tests);
  if (run.kind === 'passed') return;
  const what = run.kind === 'failed' ? `${run.by}\n${run.message}` : run.kind;
  throw new Error(`The tests fail without a mutant: ${what}`);
};

const report = (verdicts: readonly Verdict[], part: string): boolean => {
  const survivors = verdicts.filter(({ run }) => run.kind === 'passed').map(({ mutant }) => mutant.id);
  const justified = justifications.map(({ mutant }) => mutant);
  const files = [...new Set(verdicts.map(({ mutant }) => mutant.file))].sort();
  console.log('\nmutants  killed  justified  survived  file');
  for (const file of [...files, '']) {
    const ofFile = verdicts.filter(({ mutant }) => mutant.file.startsWith(file));
    const alive = ofFile.map(({ mutant }) => mutant.id).filter((id) => survivors.includes(id));
    const kept = alive.filter((id) => justified.includes(id)).length;
    const cells = [ofFile.length, ofFile.length - alive.length, kept, alive.length - kept];
    const [all = 0, killed = 0, excused = 0, survived = 0] = cells;
    const widths = [7, 6, 9, 8];
    const line = [all, killed, excused, survived].map((cell, index) =>
      String(cell).padStart(widths[index] ?? 0),
    );
    console.log(`${line.join('  ')}  ${file || 'all'}`);
  }
  const unjustified = survivors.filter((id) => !justified.includes(id));
  const stale = justified.filter((id) => id.split(' ')[0]?.includes(part) && !survivors.includes(id));
  const score = (100 * (verdicts.length - survivors.length)) / verdicts.length;
  console.log(`\nscore ${score.toFixed(1)} %, and ${survivors.length - unjustified.length} justified`);
  if (unjustified.length > 0) {
    console.log(`\nNo test fails for these; write one, or a reason into tests/mutation/justified.json:`);
    for (const id of unjustified) console.log(`  ${id}`);
  }
  if (stale.length > 0) {
    console.log(`\nJustified, but killed or gone; take them out of tests/mutation/justified.json:`);
    for (const id of stale) console.log(`  ${id}`);
  }
  return unjustified.length === 0 && stale.length === 0;
};

const main = async (part = ''): Promise<boolean> => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  const startedAt = performance.now();
  const files = targetsIn(root).filter((file) => file.includes(part));
  const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const mutants = files.flatMap((file) => mutantsOf(file, sources.get(file) ?? ''));
  console.log(`${mutants.length} mutants of ${files.join(', ')}`);
  await checkTests(files);
  const isSound = report(await judgeAll(mutants, sources), part);
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  return isSound;
};

main(process.argv[2]).then(
  (isSound) => process.exit(isSound ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
