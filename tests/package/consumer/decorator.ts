/** Compiled and run twice: as a TC39 decorator, and with `experimentalDecorators`. */
import assert from 'node:assert/strict';
import { type IdempotencyConfigOptions, idempotent } from 'lambda-idempotency';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';

const persistenceStore = new MemoryPersistenceLayer();
const config: IdempotencyConfigOptions = { eventKeyJmesPath: 'id' };

class Bakery {
  #baked = 0;

  @idempotent({ persistenceStore, config })
  async bake(order: { readonly id: string }, layers: number): Promise<string> {
    this.#baked += 1;
    return `${order.id}, ${layers} layers`;
  }

  get baked(): number {
    return this.#baked;
  }
}

/** Compiled, never called. */
export const refused = async (bakery: Bakery): Promise<void> => {
  // @ts-expect-error a wrong argument
  await bakery.bake({ id: 1 }, 3);
  // @ts-expect-error the result is a text
  (await bakery.bake({ id: 'cake' }, 3)).toFixed();

  class Wrong {
    // @ts-expect-error a store is needed
    @idempotent({})
    async later(): Promise<number> {
      return 1;
    }
  }
  new Wrong();
};

const main = async (): Promise<void> => {
  const bakery = new Bakery();
  for (let call = 0; call < 2; call++) {
    assert.equal(await bakery.bake({ id: 'cake' }, 3), 'cake, 3 layers');
  }
  assert.equal(bakery.baked, 1);
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
