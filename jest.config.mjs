/** Runs TypeScript as native ES modules; types are checked by `npm run check:types`, not here. */
const swc = (decorators) => ({
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: decorators === 'legacy' ? { legacyDecorator: true } : { decoratorVersion: '2022-03' },
        target: 'es2022',
        keepClassNames: true,
      },
      module: { type: 'es6' },
      sourceMaps: 'inline',
    },
  ],
});

const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^lambda-idempotency$': '<rootDir>/src/index.ts',
    '^lambda-idempotency/cdk$': '<rootDir>/src/cdk/idempotency-table.ts',
    '^lambda-idempotency/dynamodb$': '<rootDir>/src/stores/dynamodb.ts',
    '^lambda-idempotency/memory$': '<rootDir>/src/stores/memory.ts',
    '^lambda-idempotency/middleware$': '<rootDir>/src/fronts/middy.ts',
    '^lambda-idempotency/results$': '<rootDir>/src/results/index.ts',
    '^lambda-idempotency/sources$': '<rootDir>/src/sources/index.ts',
    '^lambda-idempotency/testing$': '<rootDir>/src/testing/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFiles: ['<rootDir>/tests/helpers/setup.ts'],
};

export default {
  randomize: true,
  showSeed: true,
  errorOnDeprecated: true,
  testTimeout: 30_000,
  // Jest leaves a processor free, which on two is half of the machine.
  maxWorkers: '100%',
  projects: [
    {
      ...shared,
      displayName: 'main',
      transform: swc('tc39'),
      testMatch: ['<rootDir>/tests/**/*.test.ts', '<rootDir>/docs/examples/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', 'legacy-decorator\\.test\\.ts$', '/tests/package/'],
    },
    {
      ...shared,
      displayName: 'legacy-decorators',
      transform: swc('legacy'),
      testMatch: ['<rootDir>/tests/fronts/legacy-decorator.test.ts'],
    },
  ],
};
