import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** Where the CDK puts what it synthesises while a test file runs: by itself, it leaves a folder for every template. */
export const useCdkOutput = (): void => {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-output-'));
  process.env['CDK_OUTDIR'] = folder;
  afterAll(() => {
    delete process.env['CDK_OUTDIR'];
    rmSync(folder, { recursive: true });
  });
};
