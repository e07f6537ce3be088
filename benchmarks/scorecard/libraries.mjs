/**
 * The two libraries as a scenario sees them, each set up as its own documentation advises. Only this file differs
 * between them: names, and how a feature is configured.
 *
 * Powertools' documentation is docs/features/idempotency.md of its repository, with the snippets that it includes.
 */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const build = process.env.SCORECARD_DIST
  ? pathToFileURL(`${process.env.SCORECARD_DIST}/`)
  : new URL('../../dist/', import.meta.url);
const fromBuild = (path) => import(new URL(`esm/${path}`, build).href);
const ifBuilt = (path) => fromBuild(path).catch(() => undefined);

export const versions = {
  powertools: require('../package.json').dependencies['@aws-lambda-powertools/idempotency'],
  ours: require('../../package.json').version,
};

/** Powertools' names, which are ours. */
const faceOf = (
  { IdempotencyConfig, makeIdempotent, makeHandlerIdempotent, idempotent, DynamoDBPersistenceLayer },
  optionsOf,
) => ({
  store: (options) => new DynamoDBPersistenceLayer(options),
  config: (options) => new IdempotencyConfig(options),
  wrap: (fn, options) => makeIdempotent(fn, optionsOf(options)),
  middleware: (options) => makeHandlerIdempotent(optionsOf(options)),
  decorator: (options) => idempotent(optionsOf(options)),
});

async function powertools() {
  const library = await import('@aws-lambda-powertools/idempotency');
  const { IdempotencyConfig, IdempotencyAlreadyInProgressError } = library;
  const { DynamoDBPersistenceLayer } = await import('@aws-lambda-powertools/idempotency/dynamodb');
  const { makeHandlerIdempotent } = await import('@aws-lambda-powertools/idempotency/middleware');
  const { CachePersistenceLayer } = await import('@aws-lambda-powertools/idempotency/cache');

  const optionsOf = ({ store, config, keyPrefix, ...rest }) => ({
    persistenceStore: store,
    ...(config && { config: config instanceof IdempotencyConfig ? config : new IdempotencyConfig(config) }),
    ...(keyPrefix && { keyPrefix }),
    ...rest,
  });

  return {
    name: 'powertools',
    // "Operations with different configs need their own persistence layer instance."
    sharesStores: false,
    ...faceOf({ ...library, DynamoDBPersistenceLayer, makeHandlerIdempotent }, optionsOf),
    alreadyInProgress: {
      module: IdempotencyAlreadyInProgressError,
      commonJs: require('@aws-lambda-powertools/idempotency').IdempotencyAlreadyInProgressError,
    },
    sources: {
      // The batch example's.
      sqsRecord: { eventKeyJmesPath: 'messageId' },
      httpHeader: { eventKeyJmesPath: 'headers."Idempotency-Key"' },
    },
    features: {
      redisStore: (client) => new CachePersistenceLayer({ client }),
      largeResults: () => ({}),
      smallItems: () => ({}),
    },
    bundle: {
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
      contents: `export { makeIdempotent } from '@aws-lambda-powertools/idempotency';
        export { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';`,
    },
  };
}

async function ours() {
  const library = await fromBuild('index.js');
  const { IdempotencyConfig, IdempotencyAlreadyInProgressError } = library;
  const { DynamoDBPersistenceLayer } = await fromBuild('stores/dynamodb/sdk-layer.js');
  const { makeHandlerIdempotent } = await fromBuild('fronts/middy.js');
  const { sqs, httpApi } = await fromBuild('sources/index.js');
  const cache = await ifBuilt('stores/cache.js');
  const results = await ifBuilt('results/index.js');

  const optionsOf = ({ store, ...rest }) => ({ persistenceStore: store, ...rest });

  /** An option that this build does not know is refused: then the feature is not there. */
  const known = (config) => {
    try {
      new IdempotencyConfig(config);
      return config;
    } catch {
      return undefined;
    }
  };

  return {
    name: 'ours',
    sharesStores: true,
    ...faceOf({ ...library, DynamoDBPersistenceLayer, makeHandlerIdempotent }, optionsOf),
    alreadyInProgress: {
      module: IdempotencyAlreadyInProgressError,
      commonJs: require(fileURLToPath(new URL('cjs/index.js', build))).IdempotencyAlreadyInProgressError,
    },
    sources: {
      sqsRecord: { source: sqs() },
      httpHeader: { source: httpApi() },
    },
    features: {
      waitForOutcome: (waitMs) => known({ inProgress: { waitMs } }),
      runWhenStoreFails: () => known({ whenStoreFails: 'run' }),
      storeError: (shouldStoreError) => known({ shouldStoreError }),
      storeResult: (shouldStoreResult) => known({ shouldStoreResult }),
      maxAttempts: (maxAttempts) => known({ maxAttempts }),
      refuseAfterTimeout: () => known({ lease: { whenOver: 'refuse' } }),
      readFirst: () => known({ readFirst: true }),
      retryAfterMs: () => (error) => error.retryAfterMs,
      redisStore: (client) => cache && new cache.CachePersistenceLayer({ client }),
      // On by default, once it is there.
      largeResults: () => results && {},
      smallItems: () => results && {},
    },
    bundle: {
      resolveDir: fileURLToPath(new URL('esm/', build)),
      contents: `export { makeIdempotent } from './index.js';
        export { DynamoDBPersistenceLayer } from './stores/dynamodb/sdk-layer.js';`,
    },
  };
}

const loaders = { powertools, ours };

/** Powertools first: what is known before what is new. */
export const libraryNames = Object.keys(loaders);

export const loadLibrary = (name) => loaders[name]();
