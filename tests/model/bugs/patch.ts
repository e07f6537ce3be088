import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Edit, PlantedBug } from './planted-bug.js';

const pathOf = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));

/** @throws when the edit does not fit exactly once */
const applied = (text: string, { file, find, put }: Edit): string => {
  const places = text.split(find).length - 1;
  if (places === 1) return text.replace(find, () => put);
  throw new Error(`${file} has this text ${places} times, not once; plant the bug anew:\n${find}`);
};

/** The files of a bug with the bug in them, by path. */
export const patchedFiles = async ({ edits }: PlantedBug): Promise<Map<string, string>> => {
  const texts = new Map<string, string>();
  for (const edit of edits) {
    const path = pathOf(edit.file);
    texts.set(path, applied(texts.get(path) ?? (await readFile(path, 'utf8')), edit));
  }
  return texts;
};
