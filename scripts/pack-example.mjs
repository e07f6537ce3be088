/** Packs the library as it would be published, to where `cdk-example` takes it from: `npm run pack:example`. */
import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
const example = path.join(top, 'cdk-example');

const npm = (args, stdout) => execFileSync('npm', args, { cwd: top, stdio: ['ignore', stdout, 'inherit'] });

npm(['run', '--silent', 'build'], 'inherit');
// Without scripts, whose output would stand among the JSON: the only one is the build.
const listing = npm(['pack', '--ignore-scripts', '--json', '--pack-destination', example], 'pipe');
const [{ filename }] = JSON.parse(listing);
renameSync(path.join(example, filename), path.join(example, 'lambda-idempotency.tgz'));
console.log(`cdk-example/lambda-idempotency.tgz is ${filename}.`);
