/** A user's own tests, run by Jest as it comes: CommonJS, no options for Node. */
const { makeIdempotent } = require('lambda-idempotency');
const { MemoryPersistenceLayer } = require('lambda-idempotency/memory');

for (const result of [{ id: 7 }, { paidAt: new Date(0), ids: new Set([1]) }, undefined]) {
  test(`replays ${typeof result} ${JSON.stringify(result)}`, async () => {
    const bake = async function bake() {
      return result;
    };
    const bakeOnce = makeIdempotent(bake, { persistenceStore: new MemoryPersistenceLayer() });
    expect(await bakeOnce({ id: 1 })).toEqual(result);
    expect(await bakeOnce({ id: 1 })).toEqual(result);
  });
}
