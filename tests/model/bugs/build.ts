import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { patchedFiles } from './patch.js';
import type { PlantedBug } from './planted-bug.js';

export type Lab = typeof import('../lab.js');

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

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
