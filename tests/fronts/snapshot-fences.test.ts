import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { buildSync } from 'esbuild';

/** A function's initialisation draws fences, and is then frozen, as SnapStart does it; here by a snapshot of V8. */
const FUNCTION = `
import { startupSnapshot } from 'node:v8';
import { nodeHost } from './src/fronts/host.js';
const { newFence } = nodeHost.runtime;
newFence();
startupSnapshot.setDeserializeMainFunction(() => console.log(newFence()));
`;

it('fences never repeat in processes restored from one snapshot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
  const [entry, snapshot] = [join(folder, 'entry.cjs'), join(folder, 'snapshot.blob')];
  try {
    buildSync({
      stdin: { contents: FUNCTION, resolveDir: process.cwd(), loader: 'ts' },
      outfile: entry,
      bundle: true,
      platform: 'node',
      format: 'cjs',
    });
    execFileSync(process.execPath, ['--snapshot-blob', snapshot, '--build-snapshot', entry], {
      stdio: 'pipe',
    });
    const restore = (): string =>
      execFileSync(process.execPath, ['--snapshot-blob', snapshot], {
        encoding: 'utf8',
        stdio: 'pipe',
      }).trim();
    const fences = [restore(), restore(), restore()];
    expect(fences[0]).toMatch(/^[\da-f-]{36}$/);
    expect(new Set(fences).size).toBe(3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
