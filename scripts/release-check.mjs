/**
 * Refuses a release while something is missing that npm, provenance or users need. `npm publish` runs it.
 *
 *   npm run release:check              checks
 *   npm run release:check -- --write   first copies the facts into package.json
 *
 * What only the publisher knows stands in scripts/release-facts.json, and nowhere else: `null` is not known yet.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const isUrl = (value) => typeof value === 'string' && /^(git\+)?https:\/\/[\w.-]+\.\w+\/\S+$/.test(value);
const isPage = (value) => isUrl(value) && !value.startsWith('git+');

/** Each fact: what it must be, and what package.json says then. */
const facts = {
  repository: {
    must: 'be the address of the git repository, as in git+https://host/owner/name.git; provenance compares it',
    isValid: isUrl,
    field: (url) => ({ type: 'git', url }),
  },
  homepage: { must: 'be an https address', isValid: isPage, field: (url) => url },
  bugs: {
    must: 'be the https address where users report faults',
    isValid: isPage,
    field: (url) => ({ url }),
  },
  author: {
    must: 'be a name, with an address only if the author gives one',
    isValid: (value) => typeof value === 'string' && value.trim() !== '',
    field: (author) => author,
  },
};

/** Of placeholders: example.com, <name>, [yyyy], TODO. */
const PLACEHOLDER = /\bexample\.(com|org|net)\b|[<>]$|\[[^\]]*\]|\bTODO\b|\bowner\/name\b/i;

/** What keeps the package in `folder` from a release, one line each. */
const problemsIn = (folder, write) => {
  const textOf = (file) => readFileSync(path.join(folder, file), 'utf8');
  const known = JSON.parse(textOf('scripts/release-facts.json'));
  const manifest = JSON.parse(textOf('package.json'));
  const problems = [];
  for (const [name, { must, isValid, field }] of Object.entries(facts)) {
    const value = known[name];
    if (value === null || value === undefined) {
      problems.push(`${name}: not known yet. In scripts/release-facts.json it must ${must}.`);
    } else if (!isValid(value) || PLACEHOLDER.test(value)) {
      problems.push(`${name}: "${value}" must ${must}.`);
    } else if (write) {
      manifest[name] = field(value);
    } else if (JSON.stringify(manifest[name]) !== JSON.stringify(field(value))) {
      problems.push(`${name}: package.json differs. Run npm run release:check -- --write.`);
    }
  }
  if (write) writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of ['LICENSE', 'NOTICE']) {
    if (!existsSync(path.join(folder, file))) problems.push(`${file}: missing.`);
    else if (/\[(yyyy|name of copyright owner)\]/i.test(textOf(file))) {
      problems.push(`${file}: a line of the template is left.`);
    }
  }
  if (
    !new RegExp(`^## \\[?${manifest.version.replaceAll('.', '\\.')}\\b`, 'm').test(textOf('CHANGELOG.md'))
  ) {
    problems.push(`CHANGELOG.md: no section for ${manifest.version}.`);
  }
  return problems;
};

const args = process.argv.slice(2);
const [folder = fileURLToPath(new URL('..', import.meta.url))] = args.filter((arg) => !arg.startsWith('--'));
const problems = problemsIn(folder, args.includes('--write'));
if (problems.length > 0) {
  console.error(`Not ready for a release:\n${problems.map((each) => `- ${each}`).join('\n')}`);
  process.exitCode = 1;
} else {
  console.log('Ready for a release.');
}
