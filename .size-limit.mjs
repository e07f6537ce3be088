import { readFileSync } from 'node:fs';
import { sizeBudgets } from './tests/package/size-budgets.mjs';

const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

const sourceOf = (imports) =>
  Object.entries(imports).map(([path, names]) => {
    const list = names === '*' ? '*' : `{ ${names.join(', ')} }`;
    return `export ${list} from '${exports[path].import.default.replace('./dist/esm/', './')}';`;
  });

/** What is loaded by `import()` when it is first needed, a bundler with code splitting puts in another file. */
const startOnly = {
  name: 'start-only',
  setup: ({ onResolve }) =>
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { external: true, path } : undefined,
    ),
};

/** size-limit leaves all peers out by itself; here only what is named is left out, so that an SDK import shows. */
export default sizeBudgets.map(({ name, limit, imports, external = [], isStartOnly = false }) => ({
  name,
  limit,
  path: 'dist/esm/index.js',
  brotli: false,
  gzip: false,
  modifyEsbuildConfig: ({ entryPoints: _, ...config }) => ({
    ...config,
    stdin: { contents: sourceOf(imports).join('\n'), resolveDir: 'dist/esm' },
    external,
    plugins: isStartOnly ? [startOnly] : [],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
  }),
}));
