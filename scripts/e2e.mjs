/**
 * The sample stack from end to end, as its user would take it: the packed library installed, types and template
 * checked, bundles measured, deployed by the CDK's CLI onto MiniStack, called, destroyed. `npm run e2e`
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
const example = path.join(top, 'cdk-example');

/** What the machine must bring: npm installs the rest, and pip installs MiniStack. */
const needs = [
  ['npm', ['--version'], 'npm is missing; it comes with Node'],
  ['python3', ['--version'], 'python3 is missing; MiniStack, a local AWS, is installed with it'],
];

const steps = [
  [top, 'node', ['scripts/pack-example.mjs']],
  [example, 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']],
  [example, 'npm', ['run', '--silent', 'check:types']],
  [example, 'npm', ['run', '--silent', 'sizes']],
  [example, 'npm', ['test', '--silent']],
  [example, 'npm', ['run', '--silent', 'e2e']],
];

const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
const run = (cwd, command, args, stdio) => spawnSync(command, args, { cwd, env, stdio }).status === 0;

const missing = needs.filter(([command, args]) => !run(top, command, args, 'ignore')).map(([, , why]) => why);
if (missing.length > 0) {
  console.error(`The end-to-end tests cannot run here:\n${missing.join('\n')}`);
  process.exit(1);
}

for (const [folder, command, args] of steps) {
  console.log(`\n> ${command} ${args.join(' ')}   (${path.relative(top, folder) || '.'})`);
  if (!run(folder, command, args, 'inherit')) {
    console.error(`\nThe end-to-end tests failed at: ${command} ${args.join(' ')}`);
    process.exit(1);
  }
}
