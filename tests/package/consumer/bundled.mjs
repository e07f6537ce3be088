/** Bundled, and run: the main path, the presets, the codecs but S3's, and the store for tests. */
import { makeIdempotent } from 'lambda-idempotency';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
import { compressed, encrypted } from 'lambda-idempotency/results';
import { sqs } from 'lambda-idempotency/sources';

let runs = 0;
const bake = makeIdempotent(
  async function bake(event) {
    runs += 1;
    return { at: new Date(event.at) };
  },
  { persistenceStore: new MemoryPersistenceLayer(), config: { eventKeyJmesPath: 'id' } },
);

const bakeMessage = makeIdempotent(
  async function bakeMessage({ messageId }) {
    runs += 1;
    return messageId;
  },
  { persistenceStore: new MemoryPersistenceLayer(), config: { source: sqs() } },
);

const bakeMany = makeIdempotent(
  async function bakeMany({ count }) {
    runs += 1;
    return 'cake '.repeat(count);
  },
  {
    persistenceStore: new MemoryPersistenceLayer(),
    config: { codec: compressed(encrypted({ key: new Uint8Array(32) })) },
  },
);

/** The same message, put into the queue twice. */
const message = (messageId) => ({
  messageId,
  eventSource: 'aws:sqs',
  body: '{}',
  messageAttributes: { 'idempotency-key': { stringValue: 'cake' } },
});

const run = async () => {
  const answers = [await bake({ id: 'cake', at: 7 }), await bake({ id: 'cake', at: 8 })];
  if (runs !== 1 || answers[1].at.getTime() !== 7) throw new Error(`${runs} runs, ${answers[1].at}`);
  const messages = [await bakeMessage(message('first')), await bakeMessage(message('second'))];
  if (runs !== 2 || messages[1] !== 'first') throw new Error(`${runs} runs, ${messages}`);
  const cakes = [await bakeMany({ count: 1_000 }), await bakeMany({ count: 1_000 })];
  if (runs !== 3 || cakes[0] !== cakes[1]) throw new Error(`${runs} runs, ${cakes[1].length} characters`);
};

run().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
