import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What became of a run of tests. */
export type TestRun =
  | { readonly kind: 'passed' }
  /** `by` is the first test that failed. */
  | { readonly kind: 'failed'; readonly by: string; readonly message: string }
  | { readonly kind: 'timed out' };

/** Mutants that wait forever are killed by this. */
const LONGEST_RUN_MS = 180_000;

const reporter = fileURLToPath(new URL('./first-failure.mjs', import.meta.url));

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs test files of a copy of the tree, up to the first test that fails. */
export const runTests = async (root: string, paths: readonly string[]): Promise<TestRun> => {
  const failure = join(root, 'first-failure.json');
  rmSync(failure, { force: true });
  const program = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
  const options = [
    '--selectProjects',
    'main',
    '-i',
    '--silent',
    `--reporters=${reporter}`,
    '--runTestsByPath',
  ];
  const child = spawn(process.execPath, [...program, ...options, ...paths], {
    cwd: root,
    env: { ...process.env, FIRST_FAILURE: failure },
    stdio: 'ignore',
  });
  running.add(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_RUN_MS);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  running.delete(child);
  if (signal) return { kind: 'timed out' };
  if (code === 0) return { kind: 'passed' };
  const { by, message } = JSON.parse(readFileSync(failure, 'utf8')) as { by: string; message: string };
  return { kind: 'failed', by: by.replace(`${root}/`, ''), message };
};
