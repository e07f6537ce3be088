/** Bundled, and run: the main path, the presets and the store for tests. */
import { makeIdempotent } from 'lambda-idempotency';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
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
};

run().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
