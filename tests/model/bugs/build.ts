import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Edit, PlantedBug } from './planted.js';

export type Lab = typeof import('../lab.js');

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

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
    const path = join(ROOT, edit.file);
    texts.set(path, applied(texts.get(path) ?? (await readFile(path, 'utf8')), edit));
  }
  return texts;
};

/** The simulator and the model over a copy of the library: with a bug in it, or without. */
export const loadLab = async (bug?: PlantedBug): Promise<Lab> => {
  const texts = bug ? await patchedFiles(bug) : new Map<string, string>();
  const plant: Plugin = {
    name: 'plant',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = texts.get(path);
        return contents === undefined ? undefined : { contents, loader: 'ts' };
      });
    },
  };
  const folder = await mkdtemp(join(tmpdir(), 'fault-lab-'));
  try {
    const outfile = join(folder, 'lab.mjs');
    await build({
      entryPoints: [join(ROOT, 'tests/model/lab.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
      plugins: [plant],
    });
    return (await import(pathToFileURL(outfile).href)) as Lab;
  } finally {
    await rm(folder, { recursive: true });
  }
};
