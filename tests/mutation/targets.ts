import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Where the conditions live: the judge and what it asks, and every store. Checks of options are not conditions of
 * records.
 */
export const targetsIn = (root: string): readonly string[] => [
  'src/core/record.ts',
  ...readdirSync(join(root, 'src/stores'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('-options.ts'))
    .map((name) => `src/stores/${name}`),
];

/**
 * The tests that may kill a file's mutants: first its own (by the start of their names), then all of the stores and of
 * the judge, and those of the options. Not those of the promises: a condition is to be tested where it lives, and they have time-outs that a
 * busy machine exceeds.
 */
export const stagesFor = (root: string, file: string): readonly (readonly string[])[] => {
  const stores = readdirSync(join(root, 'tests/stores')).map((name) => `tests/stores/${name}`);
  const core = ['tests/core/record.test.ts', 'tests/core/options.test.ts'];
  const known = [...core, ...stores].filter((name) => name.endsWith('.test.ts'));
  const folder = dirname(file).replace(/^src/, 'tests');
  const names = basename(file, '.ts').split('-');
  const own = names
    .map((_, index) => `${folder}/${names.slice(0, names.length - index).join('-')}`)
    .map((start) => known.filter((test) => test.startsWith(`${start}.`) || test.startsWith(`${start}-`)))
    .find((tests) => tests.length > 0);
  const others = known.filter((test) => !own?.includes(test));
  return [own ?? [], others].filter(({ length }) => length > 0);
};
