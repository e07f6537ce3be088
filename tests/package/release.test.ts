import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(textOf('package.json'));
const licenseOf = (name: string): string => JSON.parse(textOf(`node_modules/${name}/package.json`)).license;

describe('the package', () => {
  it('ships its licence and notice, without a line of the template', () => {
    expect(manifest.files).toContain('NOTICE');
    for (const file of ['LICENSE', 'NOTICE']) expect(textOf(file)).not.toMatch(/\[yyyy\]|\[name of/);
    expect(textOf('LICENSE')).toContain('END OF TERMS AND CONDITIONS');
  });

  it("names in its notice what of others a user's bundle will hold, each with its licence", () => {
    const named = [...textOf('NOTICE').matchAll(/^- (\S+) \(([\w.-]+)\)/gm)].map((line) => line.slice(1));
    const dependencies = Object.keys(manifest.dependencies).filter((name) => !name.startsWith('@types/'));
    expect(named).toEqual(dependencies.map((name) => [name, licenseOf(name)]));
    // The build adds nothing either: it compiles, and bundles no dev dependency.
    expect(textOf('scripts/build.mjs')).not.toMatch(/esbuild|bundle/);
    expect(textOf('NOTICE').includes('no code of others')).toBe(named.length === 0);
  });

  it.each(['esm', 'cjs'])('has source maps that carry their sources: %s', (format) => {
    const { config } = ts.readConfigFile(path.join(root, `tsconfig.${format}.json`), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
    const { sourceMapText = '{}' } = ts.transpileModule('export const cake = 1;', {
      compilerOptions: options,
      fileName: 'cake.ts',
    });
    expect(JSON.parse(sourceMapText).sourcesContent).toEqual(['export const cake = 1;']);
  });
});

describe('npm run release:check', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'release-'));
    mkdirSync(path.join(folder, 'scripts'));
    for (const file of ['package.json', 'LICENSE', 'NOTICE', 'CHANGELOG.md', 'scripts/release-facts.json'])
      cpSync(path.join(root, file), path.join(folder, file));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const facts = {
    repository: 'git+https://forge.test/cakes/lambda-idempotency.git',
    homepage: 'https://forge.test/cakes/lambda-idempotency#readme',
    bugs: 'https://forge.test/cakes/lambda-idempotency/issues',
    author: 'A Baker',
  };
  const write = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
  const know = (known: object) => write('scripts/release-facts.json', JSON.stringify(known));
  const check = (...args: string[]) => {
    const script = path.join(root, 'scripts/release-check.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder, ...args], {
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  };

  it('refuses while a fact is not known, and names each', () => {
    know({ repository: null, homepage: null, bugs: null, author: null });
    const { status, output } = check();
    expect(status).toBe(1);
    for (const name of Object.keys(facts)) expect(output).toContain(`- ${name}: not known yet.`);
  });

  it('is run by npm publish', () => {
    expect(manifest.scripts.prepublishOnly).toBe('npm run release:check');
  });

  it('passes when all is known and package.json says it', () => {
    know(facts);
    expect(check()).toMatchObject({ status: 1, output: expect.stringContaining('package.json differs') });
    expect(check('--write').status).toBe(0);
    expect(check()).toEqual({ status: 0, output: 'Ready for a release.\n' });
    expect(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))).toMatchObject({
      repository: { type: 'git', url: facts.repository },
      homepage: facts.homepage,
      bugs: { url: facts.bugs },
      author: 'A Baker',
    });
  });

  it.each([
    { repository: 'https://example.com/owner/name' },
    { homepage: 'http://forge.test/cakes' },
    { bugs: 'somewhere' },
    { author: '[name of the author]' },
  ])('refuses a placeholder: %j', (fact) => {
    know({ ...facts, ...fact });
    const { status, output } = check();
    expect(status).toBe(1);
    expect(output).toContain(`- ${Object.keys(fact)[0]}: "`);
  });

  it.each([
    ['LICENSE', 'Copyright [yyyy] [name of copyright owner]', 'LICENSE: a line of the template is left.'],
    ['CHANGELOG.md', '# Changelog', 'CHANGELOG.md: no section for'],
  ])('refuses a %s that is not finished', (file, text, problem) => {
    know(facts);
    check('--write');
    write(file, text);
    expect(check()).toMatchObject({ status: 1, output: expect.stringContaining(problem) });
  });
});
