/**
 * Part of `npm run check:imports`: the core gets its clock and its randomness passed in, and reads no environment.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { getAvailableTranspilers } from 'dependency-cruiser';
import ts from 'typescript';

const core = fileURLToPath(new URL('../src/core/', import.meta.url));

const forbiddenNames = new Map([
  ['process', 'reads the environment'],
  ['performance', 'reads the clock'],
  ['setTimeout', 'waits by a clock of its own'],
  ['setInterval', 'waits by a clock of its own'],
  ['setImmediate', 'waits by a clock of its own'],
]);
const forbiddenMembers = new Map([
  ['Date.now', 'reads the clock'],
  ['Math.random', 'is random'],
]);
const forbiddenImports = /^(node:)?(process|timers|timers\/promises|perf_hooks|os)$/;
const randomImports = /^random|^getRandomValues$/;

/** What is wrong with a node, or undefined. */
function problemOf(node) {
  if (ts.isPropertyAccessExpression(node)) {
    const why = forbiddenMembers.get(node.getText());
    return why && `${node.getText()} ${why}`;
  }
  const isDate =
    (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'Date';
  if (isDate && (node.arguments?.length ?? 0) === 0) return 'a Date without a time reads the clock';
  if (ts.isImportDeclaration(node) && forbiddenImports.test(node.moduleSpecifier.text)) {
    return `${node.moduleSpecifier.text} belongs to the host`;
  }
  if (ts.isImportSpecifier(node) && randomImports.test((node.propertyName ?? node.name).text)) {
    return `${node.getText()} is random`;
  }
  if (ts.isIdentifier(node) && !isMemberName(node)) {
    const why = forbiddenNames.get(node.text);
    return why && `${node.text} ${why}`;
  }
  return undefined;
}

/** The `process` of `queue.process` or `{ process: 1 }` is no global. */
function isMemberName(node) {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodSignature(parent)) &&
      parent.name === node)
  );
}

function problemsIn(fileName, text) {
  const file = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
  const problems = [];
  const visit = (node) => {
    const problem = problemOf(node);
    if (problem) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      problems.push(`${fileName}:${line + 1} ${problem}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return problems;
}

/** A checker that finds nothing because it is broken looks like clean code: these must be found. */
const samples = [
  'export const a = Date.now();',
  'export const a = new Date();',
  'export const a = new Date;',
  'export const a = Date();',
  'export const a = Math.random();',
  "export const a = process.env['A'];",
  'export const { env } = process;',
  "import { env } from 'node:process';",
  "import { randomUUID as id } from 'node:crypto';",
  'setTimeout(() => {}, 1);',
];
const clean = [
  'export const a = (value: unknown) => value instanceof Date && new Date(value.getTime());',
  'export const a = (queue: { process: () => void; now: number }) => queue.process();',
  '// Date.now() and process.env are named here only.',
];

function main() {
  const typescript = getAvailableTranspilers().find(({ name }) => name === 'typescript');
  if (!typescript?.available) {
    // It then reads TypeScript as JavaScript, and silently misses imports.
    return [`dependency-cruiser cannot use typescript ${ts.version}: it supports ${typescript?.version}.`];
  }
  const missed = samples.filter((sample) => problemsIn('sample.ts', sample).length === 0);
  const invented = clean.filter((sample) => problemsIn('sample.ts', sample).length > 0);
  if (missed.length + invented.length > 0)
    return ['check-core.mjs itself is wrong about:', ...missed, ...invented];

  const files = readdirSync(core, { recursive: true }).filter((name) => name.endsWith('.ts'));
  if (files.length === 0) return [`There is no source in ${core}.`];
  return files.flatMap((name) => problemsIn(`src/core/${name}`, ts.sys.readFile(core + name)));
}

const problems = main();
for (const problem of problems) console.error(problem);
if (problems.length === 0)
  console.log('src/core reads no clock, no randomness and no environment of its own.');
process.exitCode = problems.length === 0 ? 0 : 1;
