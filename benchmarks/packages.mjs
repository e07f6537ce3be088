/** What each import path costs before any call: processor time of importing it, and bytes of a bundle. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ourBuild } from './libraries.mjs';
import { quantile } from './statistics.mjs';

const peerPackage = '@aws-lambda-powertools/idempotency';
const peerPaths = ['.', './dynamodb', './middleware'];
/** Not for Lambda functions. */
const deployment = './cdk';
const combination = 'makeIdempotent + DynamoDBPersistenceLayer';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** By import path: the modules of each column. Powertools' paths have the same names. */
const paths = {
  [combination]: {
    peer: [peerPackage, `${peerPackage}/dynamodb`],
    ours: ['index.js', 'stores/dynamodb/sdk-layer.js'],
  },
};
for (const [path, { import: file }] of Object.entries(manifest.exports)) {
  if (!file || path === deployment) continue;
  paths[path] = {
    ...(peerPaths.includes(path) && { peer: [`${peerPackage}${path.slice(1)}`] }),
    ours: [file.default.replace('./dist/esm/', '')],
  };
}

const resolve = (specifier) =>
  specifier.endsWith('.js') ? new URL(specifier, ourBuild).href : import.meta.resolve(specifier);

const importScript = `
  const before = process.cpuUsage();
  for (const url of process.argv.slice(1)) await import(url);
  const { user, system } = process.cpuUsage(before);
  console.log(user + system);
`;

function importMicros(urls) {
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', importScript, ...urls], {
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(`importing ${urls.join(', ')} failed:\n${child.stderr}`);
  return Number(child.stdout);
}

/**
 * Every time in a fresh process, in turn. The AWS SDK is the largest part of some; `bare` is the SDK's client alone.
 *
 * @returns `[{ name, micros: { bare?, peer?, ours } }]`, medians
 */
export function measureImports(isShort) {
  const rows = Object.entries(paths).map(([name, columns]) => ({ name, columns }));
  rows.unshift({ name: "the SDK's client", columns: { bare: ['@aws-sdk/client-dynamodb'] } });
  const cells = rows.flatMap(({ columns }) =>
    Object.entries(columns).map(([column, specifiers]) => ({
      columns,
      column,
      urls: specifiers.map(resolve),
      samples: [],
    })),
  );
  for (let time = 0; time < (isShort ? 3 : 11); time += 1) {
    for (const cell of cells) cell.samples.push(importMicros(cell.urls));
  }
  const micros = (columns) =>
    Object.fromEntries(
      cells
        .filter((cell) => cell.columns === columns)
        .map(({ column, samples }) => [column, quantile(samples, 0.5)]),
    );
  return rows.map(({ name, columns }) => ({ name, micros: micros(columns) }));
}

/** What is loaded by `import()` when it is first needed, a bundler with code splitting puts in another file. */
const atStartOnly = {
  name: 'at-start-only',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { external: true, path } : undefined,
    ),
};

const names = ['makeIdempotent', 'DynamoDBPersistenceLayer'];

/** Of one path all that it exports; of the combination what a handler names. */
const sourceOf = (specifiers) =>
  specifiers
    .map((each) => JSON.stringify(fileURLToPath(resolve(each))))
    .map((file, index) => `export ${specifiers.length > 1 ? `{ ${names[index]} }` : '*'} from ${file};`)
    .join('\n');

async function bundleBytes(specifiers, plugins = []) {
  const { outputFiles } = await build({
    stdin: { contents: sourceOf(specifiers), resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['@aws-sdk/*', '@smithy/*'],
    legalComments: 'none',
    logLevel: 'error',
    write: false,
    plugins,
  });
  return outputFiles[0].contents.byteLength;
}

/** @returns `[{ name, bytes: { peer?, ours } }]`, minified, without the SDK */
export async function measureBundles() {
  const row = async (name, columns, plugins) => {
    const bytes = {};
    for (const [column, specifiers] of Object.entries(columns)) {
      bytes[column] = await bundleBytes(specifiers, plugins);
    }
    return { name, bytes };
  };
  const rows = [];
  for (const [name, columns] of Object.entries(paths)) {
    rows.push(await row(name, columns));
    if (name === combination) rows.push(await row('the same, loaded at start', columns, [atStartOnly]));
  }
  return rows;
}
