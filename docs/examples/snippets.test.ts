import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = new URL('../../', import.meta.url);
const script = fileURLToPath(new URL('scripts/snippets.mjs', ROOT));
const textOf = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const run = (...args: string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, stderr };
};

describe('the pages', () => {
  it('show the example files as they are now, and have no raw include', () => {
    expect(run('--check')).toEqual({ status: 0, stderr: '' });
  });

  it('show every example that no test imports', () => {
    const folder = new URL('docs/examples/', ROOT);
    const names = readdirSync(folder).filter((name) => name.endsWith('.ts'));
    const pages = ['README.md', ...readdirSync(new URL('docs', ROOT)).map((name) => `docs/${name}`)]
      .filter((name) => name.endsWith('.md'))
      .map(textOf)
      .join('\n');
    const tests = names
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => textOf(`docs/examples/${name}`));
    const unused = names.filter((name) => {
      const isShown = pages.includes(`examples/${name}`);
      const isImported = tests.some((test) => test.includes(`./${name.replace(/\.ts$/, '.js')}'`));
      return !name.endsWith('.test.ts') && !isShown && !isImported;
    });
    expect(unused).toEqual([]);
  });
});

describe('npm run docs:snippets', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lambda-idempotency-snippets-'));
    mkdirSync(join(folder, 'docs'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, ...lines: string[]) => writeFileSync(join(folder, name), lines.join('\n'));
  const EXAMPLE = [
    'const a = 1;',
    '',
    '// #region b',
    '  const b = {',
    '    c: 2,',
    '  };',
    '// #endregion b',
    '',
  ];

  it('writes a region without its indentation, and the whole file without its region markers', () => {
    write('example.ts', ...EXAMPLE);
    write(
      'README.md',
      '<!-- snippet: example.ts#b -->',
      '<!-- /snippet -->',
      '<!-- snippet: example.ts -->',
      'old text',
      '<!-- /snippet -->',
      '',
    );
    expect(run(folder)).toEqual({ status: 0, stderr: '' });
    const source = ['```', '', 'Source: [example.ts](./example.ts)', '', '<!-- /snippet -->'];
    expect(readFileSync(join(folder, 'README.md'), 'utf8').split('\n')).toEqual([
      '<!-- snippet: example.ts#b -->',
      '',
      '```ts',
      'const b = {',
      '  c: 2,',
      '};',
      ...source,
      '<!-- snippet: example.ts -->',
      '',
      '```ts',
      'const a = 1;',
      '',
      '  const b = {',
      '    c: 2,',
      '  };',
      ...source,
      '',
    ]);
    expect(run('--check', folder)).toEqual({ status: 0, stderr: '' });
  });

  it.each([
    [['<<< ./example.ts#b'], 'README.md:1: a raw include: use snippet markers\n'],
    [
      ['<!-- snippet: example.ts#b -->', 'const b = 3;', '<!-- /snippet -->'],
      'README.md differs from its example files: run `npm run docs:snippets`\n',
    ],
    [['<!-- snippet: example.ts#b -->'], 'README.md: the snippet of example.ts has no <!-- /snippet -->\n'],
    [
      ['<!-- snippet: example.ts#b -->', '<!-- snippet: example.ts -->', '<!-- /snippet -->'],
      'README.md:2: the snippet before this one has no <!-- /snippet -->\n',
    ],
    [['<!-- snippet: example.ts#x -->', '<!-- /snippet -->'], 'README.md:2: example.ts has no region "x"\n'],
    [['<!-- snippet: gone.ts -->', '<!-- /snippet -->'], 'README.md:2: gone.ts does not exist\n'],
    [['<!-- snippet example.ts -->'], 'README.md:1: not a snippet marker: <!-- snippet example.ts -->\n'],
    [['<!-- snippet: inside.ts -->', '<!-- /snippet -->'], 'README.md:2: inside.ts imports src/\n'],
  ])('--check fails for %j', (lines, stderr) => {
    write('example.ts', ...EXAMPLE);
    write('inside.ts', "import { a } from '../../src/a.js';");
    write('README.md', ...lines, '');
    expect(run('--check', folder)).toEqual({ status: 1, stderr });
  });

  it('ignores markers inside a code block', () => {
    write('README.md', '```md', '<<< ./example.ts', '<!-- snippet: example.ts -->', '```', '');
    expect(run('--check', folder)).toEqual({ status: 0, stderr: '' });
  });
});
