import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const pages = fileURLToPath(new URL('../../benchmarks/pages.mjs', import.meta.url));

it('docs/benchmarks.md, docs/benchmark.svg and docs/scorecard.md say what was measured last', () => {
  const { status, stderr } = spawnSync(process.execPath, [pages, '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
