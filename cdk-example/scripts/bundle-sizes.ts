/** Prints the size of each handler's bundle, minified, in kB: `npm run sizes`. */
import { bundleOf, handlers } from '../lib/bundles.ts';

console.log('handler      without the AWS SDK    as deployed');
for (const handler of handlers) {
  const [own, all] = await Promise.all([
    bundleOf(handler, { withSdk: false }),
    bundleOf(handler, { withSdk: true }),
  ]);
  const kB = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`;
  console.log(`${handler.padEnd(10)} ${kB(own.bytes).padStart(20)} ${kB(all.bytes).padStart(16)}`);
}
