/**
 * Taking turns. Processor time of this whole process (garbage collection and V8's compiler threads included) is
 * what Lambda's share of a processor has to deliver; wall time would measure whoever else uses this machine.
 */
import { spawnSync } from 'node:child_process';

/**
 * A round gives each column several short turns and adds them up: what disturbs a machine lasts longer than a turn, and
 * then meets all columns alike.
 */
const turnsPerRound = 6;
const turnMicros = 5_000;

/** Seen here: the SDK's request path gets faster for its first 2,000 calls, until V8 has optimised it. Not counted. */
const warmUpRounds = 10;

function processorMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Microseconds of processor time that the repetitions took. */
async function timeTurn(run, repetitions) {
  const before = processorMicros();
  await run(repetitions);
  return processorMicros() - before;
}

/** How many repetitions fill a turn. */
async function calibrate(run) {
  for (let repetitions = 1; ; repetitions *= 2) {
    const taken = await timeTurn(run, repetitions);
    if (taken >= turnMicros) return Math.ceil((turnMicros * repetitions) / taken);
  }
}

/**
 * `cells`: `{ name, columns: { <column>: run(repetitions) } }`. Every round visits all cells, so that a noisy minute is
 * spread over them too.
 */
export async function measure(cells, rounds) {
  const prepared = cells.map(({ name, columns }) => ({
    name,
    columns: Object.entries(columns).map(([column, run]) => ({ name: column, run, repetitions: 1, samples: [] })),
  }));
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const { columns } of prepared) {
      if (round <= 0) for (const column of columns) column.repetitions = await calibrate(column.run);
      const sums = await takeTurns(columns);
      if (round >= 0) columns.forEach((column, index) => column.samples.push(sums[index]));
    }
  }
  return prepared.map(({ name, columns }) =>
    summarise(name, Object.fromEntries(columns.map((column) => [column.name, column.samples]))),
  );
}

/** Microseconds per repetition for each column; another one begins each time, since who follows whom matters. */
async function takeTurns(columns) {
  const sums = columns.map(() => 0);
  for (let turn = 0; turn < turnsPerRound; turn += 1) {
    for (let place = 0; place < columns.length; place += 1) {
      const index = (turn + place) % columns.length;
      sums[index] += await timeTurn(columns[index].run, columns[index].repetitions);
    }
  }
  return sums.map((sum, index) => sum / (turnsPerRound * columns[index].repetitions));
}

/**
 * Ratios are taken within a round, between neighbours in time, and only then reduced: what slows a whole round down
 * cancels out.
 */
export function summarise(name, samples) {
  const ratio = (above, below) =>
    samples[above] &&
    samples[below] &&
    quartiles(samples[above].map((sample, round) => sample / samples[below][round]));
  return {
    name,
    micros: Object.fromEntries(Object.entries(samples).map(([column, each]) => [column, quartiles(each)])),
    ratios: {
      'peer/bare': ratio('peer', 'bare'),
      'ours/bare': ratio('ours', 'bare'),
      'ours/peer': ratio('ours', 'peer'),
    },
  };
}

function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => {
    const position = share * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
    return low + (high - low) * (position % 1);
  };
  return { median: at(0.5), p25: at(0.25), p75: at(0.75) };
}

const importScript = `
  const before = process.cpuUsage();
  for (const url of process.argv.slice(1)) await import(url);
  const { user, system } = process.cpuUsage(before);
  console.log(user + system);
`;

/** Processor time of importing each list of modules, every time in a fresh process. */
export function measureImports(name, modules, times) {
  const samples = Object.fromEntries(Object.keys(modules).map((column) => [column, []]));
  for (let round = 0; round < times; round += 1) {
    for (const [column, urls] of Object.entries(modules)) {
      const child = spawnSync(process.execPath, ['--input-type=module', '-e', importScript, ...urls], {
        encoding: 'utf8',
      });
      if (child.status !== 0) throw new Error(`importing ${urls.join(', ')} failed:\n${child.stderr}`);
      samples[column].push(Number(child.stdout));
    }
  }
  return summarise(name, samples);
}
