import { describe, expect, it } from '@jest/globals';
import { patchedFiles } from './bugs/patch.js';
import { bugNamed, plantedBugs } from './bugs/planted.js';

describe('planted bugs', () => {
  // Whether they are found is for `npm run simulate:bugs` to say.
  it.each(plantedBugs)('$name fits the source', async (bug) => {
    const files = await patchedFiles(bug);
    expect(files.size).toBe(new Set(bug.edits.map(({ file }) => file)).size);
  });

  it('have names of their own', () => {
    expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
    expect(() => bugNamed('no-such-bug')).toThrow(/There is no planted bug "no-such-bug"/);
  });

  it('that fit no more are told', async () => {
    const bug = bugNamed('stale-answer');
    const [edit] = bug.edits;
    await expect(
      patchedFiles({ ...bug, edits: [{ file: edit?.file ?? '', find: 'no such text', put: '' }] }),
    ).rejects.toThrow(/has this text 0 times, not once/);
  });
});
