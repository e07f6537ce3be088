/**
 * The package as a user meets it: packed, installed into an empty folder, imported, compiled against, bundled.
 *
 *   npm run check:package
 *   KEEP=1 npm run check:package   leaves the folders for a look
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const consumer = path.join(root, 'tests', 'package', 'consumer');
const temporary = mkdtempSync(path.join(emptySurroundings(), 'lambda-idempotency-package-'));
const withPeers = path.join(temporary, 'with-peers');
const withoutPeers = path.join(temporary, 'without-peers');
const exec = promisify(execFile);

/** What users install beside the package, in the versions that our own tests run with. The SDK's types need Node's. */
const companions = [
  '@aws-sdk/client-dynamodb',
  '@middy/core',
  '@types/node',
  'aws-cdk-lib',
  'constructs',
  'typescript',
];

const inModules = (...parts) => path.join(root, 'node_modules', ...parts);
const readJson = (...parts) => JSON.parse(readFileSync(path.join(...parts), 'utf8'));
const versionOf = (name) => readJson(inModules(name, 'package.json')).version;

let tarball;
let packedFiles;

/** A folder whose parents hold no packages: Node would find them, and a missing dependency would not show. */
function emptySurroundings() {
  const isClean = (folder) => {
    if (existsSync(path.join(folder, 'node_modules'))) return false;
    return path.dirname(folder) === folder || isClean(path.dirname(folder));
  };
  const folder = [tmpdir(), '/var/tmp', homedir()].find((each) => existsSync(each) && isClean(each));
  if (!folder)
    throw new Error(`No empty folder to install into: ${tmpdir()} and others have a node_modules above.`);
  return folder;
}

async function run(command, args, cwd = root) {
  try {
    return (await exec(command, args, { cwd, maxBuffer: 2 ** 26, env: cleanEnvironment() })).stdout;
  } catch (error) {
    const output = [error.stdout, error.stderr].filter(Boolean).join('\n').trim();
    throw new Error(`${[path.basename(command), ...args].join(' ')}: ${output || error.message}`, {
      cause: error,
    });
  }
}

/** Without what `npm run` and Jest put there, which would reach the npm and the Node of the user's folder. */
function cleanEnvironment() {
  const { NODE_OPTIONS: _, NODE_PATH: __, INIT_CWD: ___, ...rest } = process.env;
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !/^npm_(package|lifecycle)_/.test(name)));
}

const node = (args, cwd) => run(process.execPath, args, cwd);
const bin =
  (name, ...entry) =>
  (args) =>
    node([inModules(name, ...entry), ...args]);
const attw = bin('@arethetypeswrong/cli', 'dist', 'index.js');
const publint = bin('publint', 'src', 'cli.js');

async function pack() {
  const [packed] = JSON.parse(
    await run('npm', ['pack', '--json', '--silent', '--pack-destination', temporary]),
  );
  tarball = path.join(temporary, packed.filename);
  packedFiles = packed.files.map((file) => file.path);
  return `${packedFiles.length} files, ${packed.size} bytes packed, ${packed.unpackedSize} unpacked`;
}

async function contents() {
  const texts = ['LICENSE', 'NOTICE', 'README.md', 'CHANGELOG.md', 'package.json'];
  const missing = texts.filter((file) => !packedFiles.includes(file));
  if (missing.length > 0) throw new Error(`not in the package: ${missing.join(', ')}`);
  const strangers = packedFiles.filter((file) => !file.startsWith('dist/') && !texts.includes(file));
  if (strangers.length > 0) throw new Error(`these do not belong in the package: ${strangers.join(', ')}`);
  return '';
}

/** A map without them would name files that users do not have. */
async function sourceMaps() {
  const maps = packedFiles.filter((file) => file.endsWith('.map'));
  const empty = maps.filter((file) => {
    const { sources, sourcesContent = [] } = readJson(root, file);
    return sources.length === 0 || sources.some((_, index) => !sourcesContent[index]);
  });
  if (empty.length > 0) throw new Error(`these source maps hold no sources: ${empty.join(', ')}`);
  return `${maps.length} maps`;
}

async function install(folder, extra = []) {
  mkdirSync(folder, { recursive: true });
  cpSync(consumer, folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const packages = [tarball, ...extra.map((name) => `${name}@${versionOf(name)}`)];
  await run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--save-exact', ...packages],
    folder,
  );
  const unwanted = [...companions, '@aws-sdk/client-s3', '@aws-sdk/lib-dynamodb'].filter(
    (name) => !extra.includes(name) && existsSync(path.join(folder, 'node_modules', name)),
  );
  if (unwanted.length > 0) throw new Error(`the package brings ${unwanted.join(', ')} along`);
  return extra.map((name) => `${name} ${versionOf(name)}`).join(', ');
}

/** TypeScript's settings of a careful user. */
const careful = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  target: 'ES2022',
  lib: ['ES2022'],
  types: ['node'],
  outDir: 'out',
  rootDir: '.',
};

const esm = { type: 'module', module: 'node16' };
const cjs = { type: 'commonjs', module: 'node16' };
const bundler = { type: 'module', module: 'esnext', moduleResolution: 'bundler' };
/** Reads `typesVersions` instead of `exports`. TypeScript 6 calls it deprecated; many projects still have it. */
const node10 = {
  type: 'commonjs',
  module: 'commonjs',
  moduleResolution: 'node10',
  ignoreDeprecations: '6.0',
  // The SDK's own types need newer resolution.
  skipLibCheck: true,
};
const legacy = { experimentalDecorators: true };
/** The CDK's own types fail under all of these settings at once: `exactOptionalPropertyTypes` tells its classes from its interfaces. */
const cdkChecked = { exactOptionalPropertyTypes: false };
const cdkTrusted = { skipLibCheck: true };

/** Middy is an ES module, which CommonJS in TypeScript's node16 cannot import. */
const filesFor = (type) => ['usage', 'decorator', ...(type === 'module' ? ['middleware'] : [])];

/** A TypeScript project in a folder of its own, below the packages that the user installed. */
async function compile(name, { type, ...settings }, names = filesFor(type)) {
  const folder = path.join(withPeers, name);
  mkdirSync(folder);
  for (const file of names) cpSync(path.join(consumer, `${file}.ts`), path.join(folder, `${file}.ts`));
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, type }));
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...careful, ...settings },
      files: names.map((file) => `${file}.ts`),
    }),
  );
  await node([path.join(withPeers, 'node_modules', 'typescript', 'bin', 'tsc')], folder);
  if (settings.module === 'esnext') return 'compiled; to run it takes a bundler';
  for (const file of names) await node([path.join('out', `${file}.js`)], folder);
  return 'compiled and run';
}

/** Into one file, as users deploy. */
async function bundle(format) {
  const outfile = path.join(withPeers, `bundle-${format}.${format === 'esm' ? 'mjs' : 'cjs'}`);
  const { outputFiles, metafile } = await build({
    absWorkingDir: withPeers,
    entryPoints: ['bundled.mjs'],
    bundle: true,
    minify: true,
    // As the documentation asks: names of functions keep their calls apart.
    keepNames: true,
    platform: 'node',
    target: 'node20',
    format,
    outfile,
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const [{ text }] = outputFiles;
  if (/@aws-sdk|@smithy/.test(text)) throw new Error('the bundle of the main path names the AWS SDK');
  const sdk = Object.keys(metafile.inputs).filter((input) => /@aws-sdk|@smithy|@middy/.test(input));
  if (sdk.length > 0) throw new Error(`the bundle of the main path holds ${sdk.join(', ')}`);
  writeFileSync(outfile, text);
  await node([outfile], temporary);
  return `${Buffer.byteLength(text)} bytes`;
}

const jest = () =>
  node(
    [inModules('jest', 'bin', 'jest.js'), '--rootDir', withPeers, '--testMatch', '**/jest.cjs'],
    withPeers,
  );
const script = (folder, file) => () => node([file], folder);

/** Name, work, and the step that it cannot do without. */
const PACK = 'builds and packs';
const INSTALL = 'installs beside its peers';
const ALONE = 'installs alone';
const steps = [
  [PACK, pack],
  ['holds what it should', contents, PACK],
  ['source maps carry their sources', sourceMaps, PACK],
  ['publint --strict', () => publint(['--strict', tarball]), PACK],
  ['attw --profile node16', () => attw([tarball, '--profile', 'node16']), PACK],
  [INSTALL, () => install(withPeers, companions), PACK],
  ['exports what it should, ESM and CJS', script(withPeers, 'exports.mjs'), INSTALL],
  ['replays, ESM and CJS', script(withPeers, 'replay.mjs'), INSTALL],
  ['errors of one build are errors of the other', script(withPeers, 'instanceof.mjs'), INSTALL],
  ["replays in a user's Jest, CJS", jest, INSTALL],
  ['TypeScript, node16, ESM', () => compile('esm', esm), INSTALL],
  ['TypeScript, node16, CJS', () => compile('cjs', cjs), INSTALL],
  ['TypeScript, bundler', () => compile('bundler', bundler), INSTALL],
  ['TypeScript, moduleResolution node, CJS', () => compile('node10', node10), INSTALL],
  ['TypeScript, experimentalDecorators, ESM', () => compile('legacy-esm', { ...esm, ...legacy }), INSTALL],
  ['TypeScript, experimentalDecorators, CJS', () => compile('legacy-cjs', { ...cjs, ...legacy }), INSTALL],
  [
    'a stack of the CDK, TypeScript, ESM',
    () => compile('cdk-esm', { ...esm, ...cdkChecked }, ['cdk']),
    INSTALL,
  ],
  [
    'a stack of the CDK, TypeScript, CJS',
    () => compile('cdk-cjs', { ...cjs, ...cdkTrusted }, ['cdk']),
    INSTALL,
  ],
  ['bundles into one ES module, without the SDK', () => bundle('esm'), INSTALL],
  ['bundles into one CommonJS file, without the SDK', () => bundle('cjs'), INSTALL],
  [ALONE, () => install(withoutPeers), PACK],
  ['the main path runs where no AWS SDK is', script(withoutPeers, 'without-sdk.mjs'), ALONE],
  ['replays where no AWS SDK is', script(withoutPeers, 'replay.mjs'), ALONE],
];

/** A stack trace shows the line that threw, which is a whole file where it is minified. */
const excerpt = (message) =>
  message
    .split('\n')
    .slice(0, 40)
    .map((line) => `        ${line.slice(0, 400)}`)
    .join('\n');

const failed = new Set();
for (const [name, work, needed] of steps) {
  try {
    if (failed.has(needed)) throw new Error(`could not run: "${needed}" failed`);
    const note = (await work()).trim();
    console.log(`ok      ${name}${note && !note.includes('\n') ? ` (${note})` : ''}`);
  } catch (error) {
    failed.add(name);
    console.log(`FAILED  ${name}\n${excerpt(error.message)}`);
  }
}
if (process.env.KEEP) console.log(`Kept: ${temporary}`);
else rmSync(temporary, { recursive: true, force: true });
console.log(`${steps.length - failed.size} of ${steps.length} package checks passed.`);
process.exitCode = failed.size === 0 ? 0 : 1;
