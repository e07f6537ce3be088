/** The process of one column of memory.mjs: `node --expose-gc memory-column.mjs ours`. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { eventNamed, lambdaContext } from './events.mjs';
import { loadLibrary } from './libraries.mjs';
import { clientBasics, Player } from './player.mjs';

process.on('message', async ({ answers, batches, calls, warmUp }) => {
  const library = await loadLibrary(process.argv[2]);
  const player = new Player();
  const call = library.make(new DynamoDBClient({ ...clientBasics, requestHandler: player }));
  let made = 0;
  const makeCalls = async (count) => {
    for (const scenario of ['first', 'replay']) {
      player.answers = answers[scenario];
      for (let done = 0; done < count / 2; done += 1) {
        made += 1;
        await call({ ...eventNamed('small'), orderId: `ord_${made}` }, lambdaContext);
      }
    }
  };
  const heap = async () => {
    // Twice, with a turn of the event loop: finalisers and weak references leave in the second.
    for (let time = 0; time < 2; time += 1) {
      await new Promise(setImmediate);
      globalThis.gc();
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };

  await makeCalls(warmUp);
  const samples = [];
  for (let batch = 0; batch < batches; batch += 1) {
    await makeCalls(calls);
    samples.push(await heap());
  }
  process.send(samples);
});
process.on('disconnect', () => process.exit());
