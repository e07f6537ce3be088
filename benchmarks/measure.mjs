/**
 * Taking turns. Processor time of this whole process (garbage collection and V8's compiler threads included) is
 * what Lambda's share of a processor has to deliver; wall time would measure whoever else uses this machine.
 */
import { spawnSync } from 'node:child_process';

/**
 * A round gives each column many short turns and adds them up: what disturbs a machine lasts longer than a turn and then
 * meets all columns alike. The round is long, because about every 50th call pays some milliseconds of garbage collection
 * for the others, and a round must hold enough of these to be comparable.
 */
const turnMicros = 3_000;
const mostTurnsPerRound = 50;

/** Seen here: the SDK's request path gets faster for its first 2,000 calls, until V8 has optimised it. Not counted. */
const warmUpRounds = 5;

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

/** How many repetitions fill a turn, and how long that turn was: a single call may take much longer than a turn. */
async function calibrate(column) {
  for (column.repetitions = 1; ; column.repetitions *= 2) {
    column.taken = await timeTurn(column.run, column.repetitions);
    if (column.taken >= turnMicros) break;
  }
  column.repetitions = Math.ceil((turnMicros * column.repetitions) / column.taken);
}

/**
 * `cells`: `{ name, roundMicros, columns: { <column>: run(repetitions) } }`, one after the other and best in the order of their size.
 * Not all cells in every round: the megabytes of one make V8 collect the object shapes that the optimised code of
 * another one rests on, and its next turn then measures the compiler (seen here: small calls three times as slow).
 */
export async function measure(cells, rounds) {
  const summaries = [];
  for (const cell of cells) summaries.push(summarise(cell.name, await measureCell(cell, rounds)));
  return summaries;
}

async function measureCell({ columns: runs, roundMicros }, rounds) {
  const columns = Object.entries(runs).map(([name, run]) => ({ name, run, repetitions: 1, taken: 0, samples: [] }));
  for (const end = processorMicros() + warmUpRounds * roundMicros; processorMicros() < end; ) {
    for (const column of columns) await calibrate(column);
  }
  const allOnce = columns.reduce((sum, { taken }) => sum + taken, 0);
  const turns = Math.max(1, Math.min(mostTurnsPerRound, Math.floor(roundMicros / allOnce)));
  for (let round = 0; round < rounds; round += 1) await takeTurns(columns, turns, round);
  return Object.fromEntries(columns.map(({ name, samples }) => [name, samples]));
}

/** One sample for each column, in microseconds per repetition. Another one begins each time: who follows whom matters. */
async function takeTurns(columns, turns, round) {
  for (const column of columns) column.taken = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    for (let place = 0; place < columns.length; place += 1) {
      const column = columns[(round + turn + place) % columns.length];
      column.taken += await timeTurn(column.run, column.repetitions);
    }
  }
  for (const { samples, taken, repetitions } of columns) samples.push(taken / (turns * repetitions));
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
