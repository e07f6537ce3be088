import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { bundling } from './shop-function.ts';

export const handlers = ['authorizer', 'invoices', 'kitchen', 'orders'] as const;

const SDK = ['@aws-sdk/*', '@smithy/*'];

/** What a handler's bundle is made of, as `ShopFunction` has it bundled; on demand without the AWS SDK. */
export const bundleOf = async (
  handler: (typeof handlers)[number],
  { withSdk }: { readonly withSdk: boolean },
): Promise<{ bytes: number; inputs: Metafile['inputs'] }> => {
  const { minify, target, keepNames, format } = bundling;
  const options: BuildOptions = {
    entryPoints: [fileURLToPath(new URL(`../functions/${handler}.ts`, import.meta.url))],
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    bundle: true,
    platform: 'node',
    format,
    target,
    minify,
    keepNames,
    external: withSdk ? [...bundling.externalModules] : SDK,
    metafile: true,
    write: false,
    logLevel: 'silent',
  };
  const { outputFiles = [], metafile } = await build(options);
  const bytes = outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
  return { bytes, inputs: metafile?.inputs ?? {} };
};
