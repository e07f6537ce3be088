import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { applied, type Mutant } from './mutants.js';

/** What a copy does without. */
const LEFT_OUT = ['.git', '.venv', 'node_modules', 'dist', 'coverage', 'benchmarks'];

/** A copy of the tree, to be mutated: the tree itself is never touched. */
export interface Copy {
  readonly root: string;
  mutate(mutant: Mutant, source: string): void;
  restore(mutant: Mutant, source: string): void;
}

export const makeCopy = (root: string): Copy => {
  // Jest knows files by their real path.
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'mutation-')));
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  cpSync(root, copy, { recursive: true, filter: (from) => !LEFT_OUT.includes(basename(from)) });
  symlinkSync(realpathSync(join(root, 'node_modules')), join(copy, 'node_modules'));
  return {
    root: copy,
    mutate: (mutant, source) => writeFileSync(join(copy, mutant.file), applied(source, mutant)),
    restore: ({ file }, source) => writeFileSync(join(copy, file), source),
  };
};
