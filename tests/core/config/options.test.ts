import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import ts from 'typescript';
import { parse } from '../../model/bugs/syntax.js';

const textOf = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

/** The members of an interface in the source of the options. */
const membersOf = (name: string): string[] => {
  const source = parse(textOf('src/core/config/options.ts'), 'options.ts');
  const found = source.statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  return (found?.members ?? []).map((member) => member.name?.getText(source) ?? '').sort();
};

/** The options of the README's table under "`config` takes:". */
const rows = (): { option: string; text: string }[] => {
  const [, after = ''] = textOf('README.md').split('\n`config` takes:\n');
  const [table = ''] = after.split(/\n\n(?!\|)/).filter((part) => part.includes('|'));
  return [...table.matchAll(/^\| `(\w+)` +\|(.*)$/gm)].map(([, option = '', text = '']) => ({
    option,
    text,
  }));
};

it("every option of a config stands in the README's table, and no other", () => {
  const options = rows().map(({ option }) => option);
  expect(options.length).toBeGreaterThan(20);
  expect(options.sort()).toEqual(membersOf('IdempotencyConfigOptions'));
});

it('its row of `lease` names every option of a lease, and no other', () => {
  const lease = rows().find(({ option }) => option === 'lease')?.text ?? '';
  const named = [...lease.matchAll(/`(\w+)` \(/g)].map(([, option = '']) => option);
  expect(named.sort()).toEqual(membersOf('LeaseOptions'));
});
