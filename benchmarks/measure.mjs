/**
 * Taking turns. Processor time, all threads of the process together, is what Lambda's share of a processor has to
 * deliver; wall time would measure whoever else uses this machine.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quantile, quartiles } from './statistics.mjs';

/**
 * A round gives each column many short turns. What disturbs a machine (others' work, a cache that went cold) makes turns
 * dearer, never cheaper, and spares some: so a round's figure is the lower quintile of its turns. Seen here with two to
 * four other processes at work: two equal columns came out within 2 % for small calls and 5 % for the largest, where
 * medians of turns lay up to 20 % apart. What it leaves out is the collection of young garbage, which falls into some
 * turns only, unless a call is so large that it has its own.
 */
const turnMicros = 3_000;
const fewestTurns = 3;
const mostTurns = 25;
const roundShare = 0.2;

/** Starts the process of columns.mjs. */
export function startWorker(columns) {
  const script = fileURLToPath(new URL('columns.mjs', import.meta.url));
  // `advanced` carries recorded bytes as bytes.
  const child = fork(script, columns, { serialization: 'advanced' });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the process of the columns ended with ${code ?? signal}`);
  });
  // It ends at the end, too, when nobody waits for an answer.
  ended.catch(() => {});
  return { child, ended };
}

/** Has the column work and returns the microseconds of processor time that it took. */
async function takeTurn({ name, worker }, message) {
  worker.child.send({ column: name, ...message });
  const [micros] = await Promise.race([once(worker.child, 'message'), worker.ended]);
  return micros;
}

/**
 * At least for that long, and then until it gets no faster: how many calls V8 needs depends on the machine, since it
 * optimises in threads of its own, which wait for the processor like everybody else. On the way it is found out how many
 * repetitions fill a turn.
 */
async function warmUp(column, leastMicros) {
  const patience = 6;
  let best = Number.POSITIVE_INFINITY;
  column.repetitions = 1;
  for (let spent = 0, inVain = 0; spent < leastMicros || inVain < patience; ) {
    const turns = [];
    for (let turn = 0; turn < fewestTurns; turn += 1) {
      turns.push(await takeTurn(column, { repetitions: column.repetitions }));
    }
    spent += turns.reduce((sum, micros) => sum + micros, 0);
    const micros = quantile(turns, roundShare) / column.repetitions;
    inVain = micros < best * 0.98 ? 0 : inVain + 1;
    best = Math.min(best, micros);
    // A microsecond's work is not to be timed alone: by tens at most, towards what fills a turn.
    column.repetitions = Math.min(column.repetitions * 10, Math.ceil(turnMicros / Math.max(micros, 0.01)));
  }
}

/**
 * One cell of the table after the other, best in the order of their size. Not all of them in every round: the megabytes
 * of one make V8 collect the object shapes that the optimised code of another one rests on, and its next turn then
 * measures the compiler (seen here: small calls three times as slow).
 *
 * @param cell plain data, for columns.mjs; `inputs` is what only one column gets
 */
export async function measureCell(worker, cell, rounds) {
  const { name: title, columns: names, roundMicros, warmUpMicros, inputs, ...common } = cell;
  const columns = names.map((name) => ({ name, worker, samples: [] }));
  for (const column of columns) {
    await takeTurn(column, { cell: { ...common, ...inputs?.[column.name] }, repetitions: 1 });
    await warmUp(column, warmUpMicros);
  }
  let allOnce = 0;
  for (const column of columns) allOnce += await takeTurn(column, { repetitions: column.repetitions });
  const turns = Math.max(fewestTurns, Math.min(mostTurns, Math.floor(roundMicros / allOnce)));
  for (let round = 0; round < rounds; round += 1) await takeRound(columns, turns, round);
  return summarise(title, Object.fromEntries(columns.map(({ name, samples }) => [name, samples])));
}

/** One sample for each column, in microseconds per repetition. Another one begins each time: who follows whom matters. */
async function takeRound(columns, turns, round) {
  const taken = new Map(columns.map((column) => [column, []]));
  for (let turn = 0; turn < turns; turn += 1) {
    for (let place = 0; place < columns.length; place += 1) {
      const column = columns[(round + turn + place) % columns.length];
      taken.get(column).push(await takeTurn(column, { repetitions: column.repetitions }));
    }
  }
  for (const column of columns) {
    column.samples.push(quantile(taken.get(column), roundShare) / column.repetitions);
  }
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
      'own/bare': ratio('own', 'bare'),
      'lite/bare': ratio('lite', 'bare'),
    },
  };
}
