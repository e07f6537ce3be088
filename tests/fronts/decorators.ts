import type { IdempotencyConfigOptions } from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { SpyStore } from '../support/spy-store.js';

/** What the tests of both kinds of decorators share. */
export interface DecoratorOptions {
  persistenceStore: SpyStore;
  config?: IdempotencyConfigOptions<never>;
  keyPrefix?: string;
  dataIndexArgument?: number;
}

export const newOptions = (more: Omit<DecoratorOptions, 'persistenceStore'> = {}): DecoratorOptions => ({
  persistenceStore: new SpyStore(new MemoryPersistenceLayer()),
  ...more,
});

/** A decorator where its types do not let it be: what plain JavaScript can do. */
export type Anywhere = (...place: unknown[]) => never;
