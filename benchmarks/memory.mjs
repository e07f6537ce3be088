/**
 * What stays on the heap: each column makes batches of first calls and replays of ever new keys, in a process of its own,
 * and the heap is measured after each one, when all garbage is collected. A library that keeps something of every call
 * shows as a slope.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventNamed } from './events.mjs';
import { record } from './recorder.mjs';
import { slope } from './statistics.mjs';

const FULL = { batches: 10, calls: 2_500, warmUp: 5_000 };
const SHORT = { batches: 4, calls: 200, warmUp: 200 };

/** Per 10,000 calls. Less comes and goes: compiled code, caches of the SDK. One kept string per call is more. */
const NOISE_KB = 200;

/** @returns by column, `heapKB` after each batch, `growthKB` per 10,000 calls, and whether that says something */
export async function measureMemory(libraries, isShort) {
  const plan = isShort ? SHORT : FULL;
  const memory = { callsPerBatch: plan.calls, columns: {} };
  for (const library of libraries) {
    const answers = await record(library, eventNamed('small'));
    const child = fork(fileURLToPath(new URL('memory-column.mjs', import.meta.url)), [library.name], {
      execArgv: ['--expose-gc'],
      serialization: 'advanced',
    });
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the process that measures the memory of ${library.name} ended`);
    });
    ended.catch(() => {});
    child.send({ answers, ...plan });
    const [heapBytes] = await Promise.race([once(child, 'message'), ended]);
    child.disconnect();
    const heapKB = heapBytes.map((bytes) => Math.round(bytes / 1_024));
    const growthKB = slope(heapKB) * (10_000 / plan.calls);
    memory.columns[library.name] = { heapKB, growthKB, grows: !isShort && growthKB > NOISE_KB };
  }
  return memory;
}
