/** `npm run mutate:core -- -m src/core/protocol/record.ts`: Stryker over files of the core, on demand. */
import jestConfig from '../../jest.config.mjs';

const { displayName: _, ...project } = jestConfig.projects[0];

export default {
  mutate: ['src/core/**/*.ts'],
  testRunner: 'jest',
  // Jest runs native ES modules.
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  jest: {
    projectType: 'custom',
    config: {
      ...project,
      testMatch: ['<rootDir>/tests/{core,stores,fronts}/**/*.test.ts'],
      // Processes of their own, which run the unmutated code; decorators that need other settings.
      testPathIgnorePatterns: ['p01-once', 'legacy-decorator'],
    },
    enableFindRelatedTests: true,
  },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 30_000,
  reporters: ['clear-text', 'progress'],
  tempDirName: '.stryker-tmp',
  ignorePatterns: ['.venv', 'benchmarks', 'coverage', 'demo', 'dist', 'docs'],
  checkers: [],
  allowEmpty: false,
};
