/** Compiles the package twice, and says in each folder of which kind its files are. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

rmSync(`${root}dist`, { recursive: true, force: true });
for (const [format, type] of [
  ['esm', 'module'],
  ['cjs', 'commonjs'],
]) {
  execFileSync(process.execPath, [tsc, '-p', `tsconfig.${format}.json`], { cwd: root, stdio: 'inherit' });
  writeFileSync(`${root}dist/${format}/package.json`, `${JSON.stringify({ type, sideEffects: false })}\n`);
}
