import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

/** The `@example` blocks in docstrings are all that an editor shows of an example, so they must compile. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Example {
  /** In the folder of the repository's `docs`, so that package names resolve as for a user of the package. */
  readonly path: string;
  readonly code: string;
  readonly file: string;
  /** Line of the first line of code, from 1. */
  readonly line: number;
}

const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `src/${name}`)
  .sort();

const EXAMPLE = /^ *\* @example *\n *\* ```ts\n(?<code>(?: *\*.*\n)*?) *\* ```$/gm;

const examplesIn = (file: string, text: string): Example[] =>
  [...text.matchAll(EXAMPLE)].map(({ index, groups }) => {
    const code = (groups?.['code'] ?? '').replaceAll(/^ *\* ?/gm, '');
    const line = text.slice(0, index).split('\n').length + 2;
    return { path: `${ROOT}docs/docstrings/${file.replaceAll('/', '__')}-${line}.ts`, code, file, line };
  });

/** Whatever follows `@example` and is not a fenced block of TypeScript: such an example is not compiled. */
const malformedIn = (file: string, text: string): string[] =>
  [...text.matchAll(/^ *\* @example(?! *\n *\* ```ts\n).*$/gm)].map(
    ({ 0: found, index }) => `${file}:${text.slice(0, index).split('\n').length} ${found.trim()}`,
  );

const compilerOptions = (): ts.CompilerOptions => {
  const path = `${ROOT}tsconfig.check.json`;
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, ROOT);
  // An example may define something only to show it.
  return { ...options, noUnusedLocals: false, noUnusedParameters: false, noEmit: true };
};

/** Compiles all examples as one program, and returns the errors with the file and line of the docstring. */
const problemsOf = (examples: readonly Example[]): string[] => {
  const options = compilerOptions();
  const byPath = new Map(examples.map((example) => [example.path, example]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile, directoryExists } = host;
  host.fileExists = (path) => byPath.has(path) || fileExists(path);
  host.readFile = (path) => byPath.get(path)?.code ?? readFile(path);
  host.directoryExists = (path) =>
    examples.some((example) => dirname(example.path) === path) || directoryExists?.(path) === true;
  host.getSourceFile = (path, version, ...rest) => {
    const example = byPath.get(path);
    return example ? ts.createSourceFile(path, example.code, version) : getSourceFile(path, version, ...rest);
  };
  const program = ts.createProgram([...byPath.keys()], options, host);
  return examples.flatMap(({ path, file, line }) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start = 0, messageText }) => {
        const offset = source?.getLineAndCharacterOfPosition(start).line ?? 0;
        return `${file}:${line + offset} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      },
    );
  });
};

const textOf = (file: string): string => readFileSync(ROOT + file, 'utf8');
const examples = sources.flatMap((file) => examplesIn(file, textOf(file)));

describe('@example blocks of docstrings', () => {
  it('are fenced blocks of TypeScript', () => {
    const malformed = sources.flatMap((file) => malformedIn(file, textOf(file)));
    expect(malformed).toEqual([]);
  });

  it('compile against the sources', () => {
    expect(examples.length).toBeGreaterThan(30);
    expect(problemsOf(examples)).toEqual([]);
  });

  it('are reported with file and line if they do not compile', () => {
    const text = [
      'const before = 1;',
      '/**',
      ' * Makes a source.',
      ' *',
      ' * @example',
      ' * ```ts',
      " * import { sqs } from 'lambda-idempotency/sources';",
      ' *',
      ' * const config = { source: sqs({ bodyFeld: 1 }) };',
      ' * ```',
      ' */',
      '',
    ].join('\n');
    const [problem, ...others] = problemsOf(examplesIn('src/made-up.ts', text));
    expect(others).toEqual([]);
    expect(problem).toMatch(/^src\/made-up\.ts:9 .*'bodyFeld' does not exist/);
    expect(malformedIn('src/made-up.ts', '/**\n * @example docs/examples/handler.ts\n */\n')).toEqual([
      'src/made-up.ts:2 * @example docs/examples/handler.ts',
    ]);
  });
});
