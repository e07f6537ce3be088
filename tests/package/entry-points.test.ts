import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { expectedExports } from './consumer/expected-exports.mjs';
import { sizeBudgets } from './size-budgets.mjs';

const textOf = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, Target>>>>;
}
interface Target {
  readonly types: string;
  readonly default: string;
}

const { name, exports } = JSON.parse(textOf('package.json')) as Manifest;

/** The import paths that lead to code, as `exports` writes them: '.', './memory'. */
const paths = Object.keys(exports).filter((path) => typeof exports[path] === 'object');

const specifierOf = (path: string): string => name + path.slice(1);

const sourceOf = (path: string): string => {
  const entry = exports[path];
  if (typeof entry !== 'object') throw new Error(`${path} leads to no code`);
  return (entry['import']?.default ?? '').replace('./dist/esm/', './src/').replace(/\.js$/, '.ts');
};

const sorted = (names: Iterable<string>): string[] => [...names].sort();

describe('every import path of package.json, and no other', () => {
  it('stands in the import table of README', () => {
    const rows = [...textOf('README.md').matchAll(/^\| `(lambda-idempotency[^`]*)` /gm)];
    expect(sorted(rows.map(([, specifier]) => specifier ?? ''))).toEqual(sorted(paths.map(specifierOf)));
  });

  it('leads to its source in tsconfig.check.json', () => {
    const { compilerOptions } = JSON.parse(textOf('tsconfig.check.json')) as {
      compilerOptions: { paths: object };
    };
    expect(compilerOptions.paths).toEqual(
      Object.fromEntries(paths.map((path) => [specifierOf(path), [sourceOf(path)]])),
    );
  });

  it('has a size budget for all of its exports', () => {
    const whole = sizeBudgets.flatMap(({ imports }) =>
      Object.entries(imports).flatMap(([path, names]) => (names === '*' ? [path] : [])),
    );
    expect(sorted(whole)).toEqual(sorted(paths));
  });

  it('is loaded by the consumers of the packed package', () => {
    expect(sorted(Object.keys(expectedExports))).toEqual(sorted(paths));
  });

  it.each(paths)('%s has types and code, in both formats, of one source', (path) => {
    const source = sourceOf(path);
    const built = (format: string, extension: string): string =>
      source.replace('./src/', `./dist/${format}/`).replace(/\.ts$/, extension);
    expect(() => textOf(source)).not.toThrow();
    expect(exports[path]).toEqual({
      import: { types: built('esm', '.d.ts'), default: built('esm', '.js') },
      require: { types: built('cjs', '.d.ts'), default: built('cjs', '.js') },
    });
  });
});
