/** Bundled, and run: the main path and the store for tests. */
import { makeIdempotent } from 'lambda-idempotency';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';

let runs = 0;
const bake = makeIdempotent(
  async function bake(event) {
    runs += 1;
    return { at: new Date(event.at) };
  },
  { persistenceStore: new MemoryPersistenceLayer(), config: { eventKeyJmesPath: 'id' } },
);

const run = async () => {
  const answers = [await bake({ id: 'cake', at: 7 }), await bake({ id: 'cake', at: 8 })];
  if (runs !== 1 || answers[1].at.getTime() !== 7) throw new Error(`${runs} runs, ${answers[1].at}`);
};

run().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
