import { describe, expect, it } from '@jest/globals';
import { patched, patchedFiles } from './bugs/patch.js';
import { bugNamed, plantedBugs } from './bugs/planted.js';
import { edit, type PlantedBug } from './bugs/planted-bug.js';
import { syntaxErrorsOf } from './bugs/syntax.js';

const FILES = new Map([
  [
    'src/a.ts',
    "export const greet = (name: string): string => [\n  'Hello',\n  name, // who\n].join(' ');\n",
  ],
  ['src/b.ts', 'function twice(n) { if (n) return n; return n; }\nconst shared = 1 + 1;'],
  ['src/c.ts', 'const shared = 2 + 2;'],
]);

const bug = (...edits: PlantedBug['edits']): PlantedBug => ({ name: 'a-bug', says: '', edits });

describe('planted bugs', () => {
  // Whether they are found is for `npm run simulate:bugs` to say.
  it.each(plantedBugs)('$name fits the source', async (each) => {
    const files = await patchedFiles(each);
    expect(files.size).toBeGreaterThan(0);
    for (const text of files.values()) expect(syntaxErrorsOf(text)).toEqual([]);
  });

  it('have names of their own', () => {
    expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
    expect(() => bugNamed('no-such-bug')).toThrow(/There is no planted bug "no-such-bug"/);
  });
});

describe('an edit', () => {
  it.each([
    ['in another format', edit('greet', "[ 'Hello', name ]", '[]'), 'src/a.ts', "=> [].join(' ');"],
    ['a statement', edit('twice', 'if (n) return n;', ''), 'src/b.ts', 'function twice(n) {  return n; }'],
    ['in a named file', edit('shared', '1 + 1', '3', 'src/b.ts'), 'src/b.ts', 'const shared = 3;'],
  ])('finds its place: %s', (_, change, path, text) => {
    expect(patched(bug(change), FILES).get(path)).toContain(text);
  });

  it('comes after the one before it', () => {
    const files = patched(
      bug(edit('shared', '2 + 2', '2 + 3', 'src/c.ts'), edit('shared', '2 + 3', '5', 'src/c.ts')),
      FILES,
    );
    expect([...files]).toEqual([['src/c.ts', 'const shared = 5;']]);
  });

  it.each([
    ['no such declaration', edit('leave', 'name', ''), 'src declares no `leave` at the top of a file'],
    ['not in that file', edit('greet', 'name', '', 'src/b.ts'), 'src/b.ts declares no `greet`'],
    ['two declarations', edit('shared', '1 + 1', ''), 'declared in src/b.ts, src/c.ts; name the file'],
    [
      'no such text',
      edit('twice', 'if (m) return m;', ''),
      '`twice` in src/b.ts has this text 0 times, not once',
    ],
    ['twice', edit('twice', 'return n;', ''), '`twice` in src/b.ts has this text 2 times, not once'],
  ])('that fits no longer says so: %s', (_, change, message) => {
    expect(() => patched(bug(change), FILES)).toThrow(message);
    expect(() => patched(bug(change), FILES)).toThrow(`The planted bug "a-bug" no longer fits: `);
    expect(() => patched(bug(change), FILES)).toThrow(`It looks for:\n${change.find}`);
  });
});
