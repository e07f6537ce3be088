/**
 * Taking turns. Processor time (garbage collection and V8's compiler threads included) is what Lambda's share of a
 * processor has to deliver; wall time would measure whoever else uses this machine.
 */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * A round gives each column several short turns and adds them up: what disturbs a machine lasts longer than a turn and
 * then meets all columns alike. The round is long, because about every 50th call pays some milliseconds of garbage
 * collection for the others, and a round must hold enough of these to be comparable.
 */
const turnMicros = 8_000;
const mostTurnsPerRound = 20;

/**
 * Not counted. Seen here: the SDK's request path gets faster for its first 2,000 calls, until V8 has optimised it, and
 * each process needs to get there; a further cell only needs what is its own.
 */
const processWarmUpMicros = 2_500_000;
const cellWarmUpMicros = 300_000;

/** The columns' processes: see column.mjs. Only one of them works at a time. */
export function startColumns(names) {
  const script = fileURLToPath(new URL('column.mjs', import.meta.url));
  // `advanced` carries recorded bytes as bytes.
  return names.map((name) => ({ name, child: fork(script, [name], { serialization: 'advanced' }) }));
}

/** Has the column work and returns the microseconds of processor time that it took. */
async function takeTurn({ name, child }, message) {
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the process of column ${name} ended with ${code}`);
  });
  child.send(message);
  const [micros] = await Promise.race([once(child, 'message'), failed]);
  return micros;
}

/** How many repetitions fill a turn, and how long the last one was: a single call may take much longer than a turn. */
async function calibrate(column) {
  for (column.repetitions = 1; ; column.repetitions *= 2) {
    column.taken = await takeTurn(column, { repetitions: column.repetitions });
    if (column.taken >= turnMicros) break;
  }
  column.repetitions = Math.ceil((turnMicros * column.repetitions) / column.taken);
}

/**
 * One cell of the table after the other, best in the order of their size. Not all of them in every round: the megabytes
 * of one make V8 collect the object shapes that the optimised code of another one rests on, and its next turn then
 * measures the compiler (seen here: small calls three times as slow).
 *
 * @param cells plain data, for column.mjs; `inputs` is what only one column gets
 */
export async function measureCells(processes, cells, rounds) {
  const summaries = [];
  for (const cell of cells) {
    const warmUpMicros = cell === cells[0] ? processWarmUpMicros : cellWarmUpMicros;
    summaries.push(summarise(cell.name, await measureCell(processes, cell, rounds, warmUpMicros)));
  }
  return summaries;
}

async function measureCell(
  processes,
  { columns: names, roundMicros, inputs, ...cell },
  rounds,
  warmUpMicros,
) {
  const columns = processes
    .filter(({ name }) => names.includes(name))
    .map((column) => ({ ...column, samples: [] }));
  for (const column of columns) {
    await takeTurn(column, { cell: { ...cell, ...inputs?.[column.name] }, repetitions: 1 });
    for (let spent = 0; spent < warmUpMicros; spent += 2 * column.taken) await calibrate(column);
  }
  const allOnce = columns.reduce((sum, { taken }) => sum + taken, 0);
  const turns = Math.max(1, Math.min(mostTurnsPerRound, Math.floor(roundMicros / allOnce)));
  for (let round = 0; round < rounds; round += 1) await takeRound(columns, turns, round);
  return Object.fromEntries(columns.map(({ name, samples }) => [name, samples]));
}

/** One sample for each column, in microseconds per repetition. Another one begins each time: who follows whom matters. */
async function takeRound(columns, turns, round) {
  const taken = new Map(columns.map((column) => [column, 0]));
  for (let turn = 0; turn < turns; turn += 1) {
    for (let place = 0; place < columns.length; place += 1) {
      const column = columns[(round + turn + place) % columns.length];
      const micros = await takeTurn(column, { repetitions: column.repetitions });
      taken.set(column, taken.get(column) + micros);
    }
  }
  for (const column of columns) column.samples.push(taken.get(column) / (turns * column.repetitions));
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

/**
 * Ratios are taken within a round, between neighbours in time, and only then reduced: what slows a whole round down
 * cancels out.
 */
function summarise(name, samples) {
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
