/** Which way imports run: fronts → core ← stores, and sources → core ← results. Type-only imports count as well. See src/core/README.md. */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** What a room may import of ours, and what packages it may not. */
const room = (folder, comment, mayImport, mayNotImport = []) =>
  rule(
    `room-${folder.replace('/', '-')}`,
    comment,
    { path: `^src/${folder}/` },
    {
      path: [`^src/(?!${mayImport.join('|')})`, ...mayNotImport],
    },
  );

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    rule('no-cycles', 'Files that need each other are one file.', {}, { circular: true }),
    room(
      'core',
      'The core knows no store, front, source, AWS client or Middy.',
      ['core/'],
      ['@aws-sdk/', '@smithy/', '@middy/'],
    ),
    room('core/protocol', 'What stores, codecs and sources speak imports nothing of ours.', [
      'core/protocol/',
    ]),
    room('core/keys', 'Keys import the protocol.', ['core/(protocol|keys)/']),
    room('core/codecs', 'Codecs import the protocol.', ['core/(protocol|codecs)/']),
    room('core/jmespath', 'The expression language knows what a selection is, and no more.', [
      'core/(protocol|jmespath)/',
      'core/keys/selection\\.ts$',
    ]),
    room('core/call', 'A call knows its identity. How that was found, and from what options, it does not.', [
      'core/(protocol|call)/',
      'core/keys/identity\\.ts$',
    ]),
    room('core/config', 'Options resolve to what a call needs; the engines are handed in.', [
      'core/(protocol|keys|config)/',
      'core/call/types\\.ts$',
    ]),
    room('running', 'Inside a running call there is the core, and no front or store.', ['core/', 'running/']),
    room('stores', 'A store imports the protocol, the rules of options, its siblings and its client.', [
      'core/protocol/',
      'core/config/rules\\.ts$',
      'stores/',
      'aws-client\\.ts$',
    ]),
    room('sources', 'A source imports the protocol and the rules of options.', [
      'core/protocol/',
      'core/config/rules\\.ts$',
      'sources/',
    ]),
    room('results', 'A codec imports the protocol, the rules of options, and the core’s codecs.', [
      'core/protocol/',
      'core/config/rules\\.ts$',
      'core/codecs/',
      'results/',
      'aws-client\\.ts$',
    ]),
    rule(
      'fronts-translate',
      'A front imports the core, the running call, its siblings and the local cache.',
      { path: '^src/fronts/', pathNot: '^src/fronts/(host\\.ts$|batch/)' },
      { path: '^src/(?!core/|running/|fronts/|stores/local-cache\\.ts$)' },
    ),
    rule(
      'batch-knows-the-sources',
      'The batch front also imports the sources: it reads their batches, and its keys are their presets unless the user names others.',
      { path: '^src/fronts/batch/' },
      { path: '^src/(?!core/|running/|fronts/|sources/)' },
    ),
    rule(
      'host-binds',
      'The expression engine, the codecs and the table of unstable fields are bound by the host alone.',
      { path: '^src/(fronts|running|core/(call|config|keys))/', pathNot: '^src/fronts/(host\\.ts$|batch/)' },
      { path: '^src/(core/(jmespath|codecs)|sources)/' },
    ),
    rule(
      'host-binds-for-batches',
      'Of what the host binds, the batch front knows the sources alone.',
      { path: '^src/fronts/batch/' },
      { path: '^src/core/(jmespath|codecs)/' },
    ),
    rule(
      'one-client-one-room',
      'AWS clients are in the DynamoDB store and the claim check, Middy is nowhere.',
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
      'sources-are-for-users',
      'Presets are given in a config: who names none has none in the bundle.',
      { path: '^src/(?!sources/|fronts/(host\\.ts$|batch/))' },
      { path: '^src/sources/' },
    ),
    rule(
      'cdk-knows-the-names',
      "The construct needs the names of the table's attributes, checks and errors: nothing of what runs in a Lambda.",
      { path: '^src/cdk/' },
      {
        path: '^src/(?!cdk/|core/(config/rules|protocol/(errors|values))\\.ts$|stores/dynamodb/attributes\\.ts$)',
      },
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
      'What users run may need dependencies and peers, never development tools.',
      { path: '^src/' },
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
