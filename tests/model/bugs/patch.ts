import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Edit, PlantedBug } from './planted-bug.js';
import { declarationsOf, parse, placesOf } from './syntax.js';

/** Texts by their paths from the project's root. */
export type Files = ReadonlyMap<string, string>;

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const readSource = async (): Promise<Files> => {
  const names = await readdir(`${ROOT}src`, { recursive: true });
  const paths = names.filter((name) => name.endsWith('.ts')).map((name) => `src/${name}`);
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(ROOT + path, 'utf8')] as const)),
  );
};

let source: Promise<Files> | undefined;
const sourceFiles = (): Promise<Files> => {
  source ??= readSource();
  return source;
};

/** The files that declare the name. Most files are passed over without being parsed. */
const filesWith = (declaration: string, files: Files): readonly string[] =>
  [...files.keys()].filter((file) => {
    const text = files.get(file) ?? '';
    return text.includes(declaration) && declarationsOf(parse(text, file)).has(declaration);
  });

/** @throws when the edit does not fit exactly once */
const applied = (bug: string, { declaration, find, put, file }: Edit, files: Files): [string, string] => {
  const misfit = (what: string): Error =>
    new Error(`The planted bug "${bug}" no longer fits: ${what}. Plant it anew. It looks for:\n${find}`);
  const among = file === undefined ? [...files.keys()].filter((each) => each.startsWith('src/')) : [file];
  const [path, ...others] = filesWith(
    declaration,
    new Map(among.map((each) => [each, files.get(each) ?? ''])),
  );
  if (path === undefined) {
    throw misfit(`${file ?? 'src'} declares no \`${declaration}\` at the top of a file`);
  }
  if (others.length > 0) {
    throw misfit(`\`${declaration}\` is declared in ${[path, ...others].join(', ')}; name the file`);
  }
  const text = files.get(path) ?? '';
  const tree = parse(text, path);
  const places = placesOf(find, declarationsOf(tree).get(declaration) ?? tree, tree);
  const [place] = places;
  if (!place || places.length > 1) {
    throw misfit(`\`${declaration}\` in ${path} has this text ${places.length} times, not once`);
  }
  return [path, text.slice(0, place.from) + put + text.slice(place.to)];
};

/** The changed files of a bug: `files` with its edits, one after the other. */
export const patched = ({ name, edits }: PlantedBug, files: Files): Files => {
  const changed = new Map<string, string>();
  for (const edit of edits) {
    const [path, text] = applied(name, edit, new Map([...files, ...changed]));
    changed.set(path, text);
  }
  return changed;
};

/** The files of a bug with the bug in them, by absolute path. */
export const patchedFiles = async (bug: PlantedBug): Promise<Files> => {
  const files = new Map(await sourceFiles());
  for (const { file } of bug.edits) {
    if (file !== undefined && !files.has(file)) files.set(file, await readFile(ROOT + file, 'utf8'));
  }
  return new Map([...patched(bug, files)].map(([path, text]) => [ROOT + path, text]));
};
