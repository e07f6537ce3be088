import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const sourcesIn = (root: string, folder: string): string[] => {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return files.filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name}`);
};

/** Options and clients are not conditions of records. */
const isAboutRecords = (file: string): boolean =>
  !/\/(options|sdk-layer|sdk-transport|lite-layer|in-turn|transport)\.ts$|\/lean\//.test(file);

/**
 * Where the conditions live: the judge and what it asks, and every store.
 *
 * @throws Error where a room was moved: a run over no targets would pass
 */
export const targetsIn = (root: string): readonly string[] => {
  const judge = 'src/core/protocol/record.ts';
  const stores = sourcesIn(root, 'src/stores').filter(isAboutRecords);
  for (const needed of [judge, 'src/stores/dynamodb/claim-condition.ts', 'src/stores/memory.ts']) {
    if (![judge, ...stores].includes(needed) || !existsSync(join(root, needed)))
      throw new Error(`tests/mutation/targets.ts: ${needed} is not there any more`);
  }
  return [judge, ...stores];
};

/**
 * The tests that may kill a file's mutants: first its own (by the start of their names), then all of the stores and of
 * the judge, and those of the options. Not those of the promises: a condition is to be tested where it lives, and they have time-outs that a
 * busy machine exceeds.
 */
export const stagesFor = (root: string, file: string): readonly (readonly string[])[] => {
  const stores = sourcesIn(root, 'tests/stores');
  const core = ['tests/core/protocol/record.test.ts', 'tests/core/config/resolve.test.ts'];
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
