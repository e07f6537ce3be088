/**
 * One budget per import path: minified bytes, not compressed, since Lambda loads what is unpacked.
 * A limit is about 5 % above what was measured when it was set.
 */
const AWS_SDK = ['@aws-sdk/*', '@smithy/*'];
const CDK = ['aws-cdk-lib/*', 'constructs'];

/** size-limit leaves all peers out by itself; here only what is named is left out, so that an SDK import shows. */
const budget = (name, limit, source, { external = [], plugins = [] } = {}) => ({
  name,
  limit,
  path: 'dist/esm/index.js',
  brotli: false,
  gzip: false,
  modifyEsbuildConfig: ({ entryPoints: _, ...config }) => ({
    ...config,
    stdin: { contents: source, resolveDir: 'dist/esm' },
    external,
    plugins,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
  }),
});

/** What is loaded by `import()` when it is first needed, a bundler with code splitting puts in another file. */
const atStartOnly = {
  name: 'at-start-only',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { external: true, path } : undefined,
    ),
};

const combination =
  "export { makeIdempotent } from './index.js'; export { DynamoDBPersistenceLayer } from './stores/dynamodb/sdk-layer.js'";

export default [
  budget('.', '104.8 kB', "export * from './index.js'"),
  budget('./cdk, without the CDK', '6.8 kB', "export * from './cdk/idempotency-table.js'", { external: CDK }),
  budget('./dynamodb, without the SDK', '13.2 kB', "export * from './stores/dynamodb/sdk-layer.js'", {
    external: AWS_SDK,
  }),
  budget('./memory', '1.3 kB', "export * from './stores/memory.js'"),
  budget('./middleware', '102.1 kB', "export * from './fronts/middy.js'"),
  budget('./results, without the SDK', '30.5 kB', "export * from './results/index.js'", {
    external: AWS_SDK,
  }),
  budget('./results, one that needs no SDK', '22.9 kB', "export { compressed } from './results/index.js'"),
  budget('./sources', '14.9 kB', "export * from './sources/index.js'"),
  budget('./testing', '118 kB', "export * from './testing/index.js'"),
  budget('makeIdempotent + DynamoDBPersistenceLayer, without the SDK', '114 kB', combination, {
    external: AWS_SDK,
  }),
  budget('the same, what is loaded at start (code splitting)', '94.4 kB', combination, {
    external: AWS_SDK,
    plugins: [atStartOnly],
  }),
];
