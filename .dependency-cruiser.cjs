/** Which way imports run: fronts → core ← stores, and sources → core ← results. Type-only imports count as well. */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    rule('no-cycles', 'Files that need each other are one file.', {}, { circular: true }),
    rule(
      'core-stands-alone',
      'The core knows no store, no front, no source, no codec but the default, no AWS client and no Middy.',
      { path: '^src/core/' },
      { path: ['^src/(?!core/)', '@aws-sdk/', '@smithy/', '@middy/'] },
    ),
    rule(
      'stores-know-the-core',
      'A store imports the core, its siblings and its client: no front, no test tool.',
      { path: '^src/stores/' },
      { path: '^src/(?!core/|stores/|version\\.ts$)' },
    ),
    rule(
      'one-store-one-client',
      'Only the DynamoDB store and the claim check may need an AWS client, and nothing needs Middy.',
      { path: '^src/', pathNot: '^src/(stores/dynamodb/|results/s3-objects)' },
      { path: ['@aws-sdk/', '@smithy/', '@middy/'] },
    ),
    rule(
      'lite-needs-no-sdk',
      'Not by way of what it imports either: a bundler would take the SDK in, and most of the gain would be gone.',
      { path: '^src/stores/dynamodb/lite-layer\\.ts$' },
      { path: ['@aws-sdk/', '@smithy/', '^src/stores/dynamodb/sdk-'], reachable: true },
    ),
    rule(
      'fronts-translate',
      'A front imports the core, its siblings and the local cache.',
      { path: '^src/fronts/' },
      { path: '^src/(?!core/|running/|fronts/|stores/local-cache\\.ts$)' },
    ),
    rule(
      'sources-know-the-core',
      'A source imports the core and its siblings: no front, no store, no test tool.',
      { path: '^src/sources/' },
      { path: '^src/(?!core/|sources/)' },
    ),
    rule(
      'sources-are-for-users',
      'Presets are given in a config: who names none has none in the bundle.',
      { path: '^src/(?!sources/)' },
      { path: '^src/sources/' },
    ),
    rule(
      'cdk-knows-the-names',
      "The construct needs the names of the table's attributes, checks and errors: nothing of what runs in a Lambda.",
      { path: '^src/cdk/' },
      { path: '^src/(?!cdk/|core/(config/rules|protocol/errors)\\.ts$|stores/dynamodb/attributes\\.ts$)' },
    ),
    rule(
      'cdk-needs-no-client',
      'Not by way of what it imports either: who deploys need not have the SDK.',
      { path: '^src/cdk/' },
      { path: ['@aws-sdk/', '@smithy/', '@middy/'], reachable: true },
    ),
    rule(
      'cdk-is-for-deployment',
      'Nothing that runs in a Lambda needs the CDK.',
      { path: '^src/(?!cdk/)' },
      { path: ['^src/cdk/', 'node_modules/aws-cdk-lib/', 'node_modules/constructs/'] },
    ),
    rule(
      'results-know-the-core',
      'A codec imports the core and its siblings: no front, no store, no test tool.',
      { path: '^src/results/' },
      { path: '^src/(?!core/|results/|version\\.ts$)' },
    ),
    rule(
      'results-are-for-users',
      'Codecs are given in a config: who names none has none but the default in the bundle.',
      { path: '^src/(?!results/)' },
      { path: '^src/results/' },
    ),
    rule(
      'testing-is-for-tests',
      'Production code needs no test tool.',
      { path: '^src/(?!testing/)' },
      { path: '^src/testing/' },
    ),
    rule(
      'nobody-imports-the-index',
      'These are for users.',
      {},
      { path: '^src/((sources|results)/)?index\\.ts$' },
    ),
    rule(
      'no-orphans',
      'A file that nothing imports, and that imports nothing, is dead.',
      { orphan: true },
      {},
    ),
    rule('only-what-exists', 'An import that cannot be resolved.', {}, { couldNotResolve: true }),
    rule(
      'only-what-is-installed-for-users',
      'What users run may need dependencies and peers, never development tools. (The build bundles devalue.)',
      { path: '^src/', pathNot: '^src/core/codecs/devalue\\.ts$' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
