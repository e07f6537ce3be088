import { readFileSync } from 'node:fs';

const { name, exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** Each import path leads to its source: what is tested is what is written, not what was built last. */
const entryPoints = Object.fromEntries(
  Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([path, target]) => [
      `^${name}${path.slice(1)}$`,
      target.import.default.replace('./dist/esm/', '<rootDir>/src/').replace(/\.js$/, '.ts'),
    ]),
);

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
    ...entryPoints,
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  setupFiles: ['<rootDir>/tests/support/setup.ts'],
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
      testPathIgnorePatterns: ['/node_modules/', 'legacy-decorator\\.test\\.ts$', '/tests/package/consumer/'],
    },
    {
      ...shared,
      displayName: 'legacy-decorators',
      transform: swc('legacy'),
      testMatch: ['<rootDir>/tests/fronts/legacy-decorator.test.ts'],
    },
  ],
};
