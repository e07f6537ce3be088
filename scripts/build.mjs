/** Compiles the package twice, and says in each folder of which kind its files are. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

rmSync(`${root}dist`, { recursive: true, force: true });
for (const [format, type] of [
  ['esm', 'module'],
  ['cjs', 'commonjs'],
]) {
  execFileSync(process.execPath, [tsc, '-p', `tsconfig.${format}.json`], { cwd: root, stdio: 'inherit' });
  // See src/core/codecs/devalue.ts for why. Its licence asks for its notice.
  const devalue = `dist/${format}/core/codecs/devalue`;
  buildSync({
    absWorkingDir: root,
    entryPoints: ['src/core/codecs/devalue.ts'],
    outfile: `${devalue}.js`,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format,
    allowOverwrite: true,
    banner: { js: `/*! devalue\n${readFileSync(`${root}node_modules/devalue/LICENSE`, 'utf8')}*/` },
  });
  for (const extension of ['d.ts', 'js.map']) rmSync(`${root}${devalue}.${extension}`);
  writeFileSync(`${root}dist/${format}/package.json`, `${JSON.stringify({ type, sideEffects: false })}\n`);
}
