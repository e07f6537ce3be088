/** One scenario, played with one library, in a thread of its own: environment, clock and modules are nobody else's. */
import { parentPort, workerData } from 'node:worker_threads';
import { makeLab, NotOffered } from './lab.mjs';
import { loadLibrary } from './libraries.mjs';
import { scenarios } from './scenarios.mjs';

const { id, libraryName, endpoint, table, proxyCode, client } = workerData;

const scenario = scenarios.find((each) => each.id === id);
const { startFaultProxy } = await import(`data:text/javascript,${encodeURIComponent(proxyCode)}`);
const network = await startFaultProxy(endpoint);
const library = await loadLibrary(libraryName);
const lab = makeLab({ library, network, table, client });
try {
  await scenario.play(lab);
  parentPort.postMessage(lab.report());
} catch (error) {
  // What a library throws, a scenario has caught: anything else is a fault of the scorecard.
  const result =
    error instanceof NotOffered ? { verdict: 'not offered' } : { verdict: 'broken', evidence: error.stack };
  parentPort.postMessage(result);
}
// Runs that were left to die hold their timers and sockets.
process.exit();
