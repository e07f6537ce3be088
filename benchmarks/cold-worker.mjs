/**
 * One cold start, in a fresh process: `node cold-worker.mjs BUNDLE KEY`. Prints the processor and wall time of importing
 * the bundle, of a first call, its replay and a second first call, and the memory at the end. The bundle exports
 * `call(event, context)`, and is a file of its own, as it is deployed.
 */
import { pathToFileURL } from 'node:url';

const [, , bundle, key] = process.argv;
const end = Date.now() + 30_000;
const context = {
  functionName: 'bench',
  awsRequestId: key,
  getRemainingTimeInMillis: () => end - Date.now(),
};

const steps = [];
async function step(name, work) {
  const [wallBefore, before] = [performance.now(), process.cpuUsage()];
  const answer = await work();
  const { user, system } = process.cpuUsage(before);
  steps.push([name, { cpuMs: (user + system) / 1_000, wallMs: performance.now() - wallBefore }]);
  return answer;
}

const { call, runs } = await step('import', () => import(pathToFileURL(bundle).href));
const first = await step('first', () => call({ orderId: `${key}-1` }, context));
const replay = await step('replay', () => call({ orderId: `${key}-1` }, context));
await step('second', () => call({ orderId: `${key}-2` }, context));
if (runs.count !== 2 || JSON.stringify(first) !== JSON.stringify(replay)) {
  throw new Error(`not idempotent: ${runs.count} runs for two keys`);
}
console.log(JSON.stringify({ ...Object.fromEntries(steps), rssMB: process.memoryUsage.rss() / 2 ** 20 }));
process.exit();
