// Writes code from the executed example files into the Markdown pages, so that a page shows it wherever it is read.
//
//   <!-- snippet: examples/handler.ts#region -->
//   (written by this script)
//   <!-- /snippet -->
//
// Paths are relative to the page; without `#region` the whole file is shown.
//
//   node scripts/snippets.mjs [folder]           writes the pages
//   node scripts/snippets.mjs --check [folder]   fails where a page and its files differ, and writes nothing

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const START = /^( *)<!-- snippet: ([^\s#]+)(?:#(\S+))? -->$/;
const END = /^ *<!-- \/snippet -->$/;
const FENCE = /^ *(```|~~~)/;
const REGION_MARKER = /^ *\/\/ #(end)?region\b/;

const pagesIn = (root) => {
  const docs = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`);
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'cdk-example/README.md', ...docs].filter(
    (path) => path.endsWith('.md') && existsSync(join(root, path)),
  );
};

const linesOfRegion = (lines, region) => {
  const marks = lines.map((line) => line.trim());
  const start = marks.indexOf(`// #region ${region}`);
  const end = marks.indexOf(`// #endregion ${region}`);
  if (start < 0 || end < start) throw new Error(`has no region "${region}"`);
  return lines.slice(start + 1, end);
};

const withoutIndent = (lines) => {
  const indents = lines.filter((line) => line !== '').map((line) => line.length - line.trimStart().length);
  return lines.map((line) => line.slice(Math.min(...indents)));
};

/** The lines that stand between the markers of a snippet. */
const snippetOf = (folder, file, region) => {
  const path = join(folder, file);
  if (!existsSync(path)) throw new Error('does not exist');
  const all = readFileSync(path, 'utf8').trimEnd().split('\n');
  const code = withoutIndent(
    (region ? linesOfRegion(all, region) : all).filter((line) => !REGION_MARKER.test(line)),
  );
  // A reader can import the package only.
  if (code.some((line) => /from '(\.\.\/)+src\//.test(line))) throw new Error('imports src/');
  const language = extname(file).slice(1).replace('mjs', 'js');
  return ['', `\`\`\`${language}`, ...code, '```', '', `Source: [${file}](./${file})`, ''];
};

/** The page's text with each snippet as its file has it now. */
const render = (page, text, folder) => {
  const written = [];
  let open;
  let inFence = false;
  text.split('\n').forEach((line, index) => {
    const fail = (reason) => {
      throw new Error(`${page}:${index + 1}: ${reason}`);
    };
    if (open) {
      if (START.test(line)) fail(`the snippet before this one has no <!-- /snippet -->`);
      if (!END.test(line)) return;
      const { indent, file, region } = open;
      let snippet = [];
      try {
        snippet = snippetOf(folder, file, region);
      } catch (error) {
        fail(`${file} ${error.message}`);
      }
      written.push(...snippet.map((each) => (each === '' ? '' : indent + each)), line);
      open = undefined;
      return;
    }
    written.push(line);
    if (FENCE.test(line)) inFence = !inFence;
    if (inFence) return;
    if (line.trimStart().startsWith('<<< ')) fail('a raw include: use snippet markers');
    const [, indent = '', file, region] = START.exec(line) ?? [];
    if (file) open = { indent, file, region };
    else if (/^ *<!-- *\/?snippet/.test(line)) fail(`not a snippet marker: ${line.trim()}`);
  });
  if (open) throw new Error(`${page}: the snippet of ${open.file} has no <!-- /snippet -->`);
  return written.join('\n');
};

const args = process.argv.slice(2);
const isCheck = args.includes('--check');
const given = args.find((arg) => !arg.startsWith('--'));
const root = given ? resolve(given) : fileURLToPath(new URL('..', import.meta.url));

for (const page of pagesIn(root)) {
  const path = join(root, page);
  const text = readFileSync(path, 'utf8');
  try {
    const rendered = render(page, text, dirname(path));
    if (rendered === text) continue;
    if (isCheck) throw new Error(`${page} differs from its example files: run \`npm run docs:snippets\``);
    writeFileSync(path, rendered);
    console.log(`${page} written`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
