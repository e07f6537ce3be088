/** The scorecard on the screen and as a page. */

const marks = { held: 'held', 'not held': 'NOT HELD', 'not offered': 'not offered', broken: 'BROKEN' };

export function printTable({ versions, rows }) {
  console.log(`Powertools ${versions.powertools}, lambda-idempotency ${versions.ours}`);
  let group;
  for (const row of rows) {
    if (row.group !== group) console.log(`\n${row.group}\n`);
    group = row.group;
    console.log(
      `  ${marks[row.powertools.verdict].padEnd(12)} ${marks[row.ours.verdict].padEnd(12)} ${row.words}`,
    );
    for (const [name, { verdict, evidence }] of Object.entries({
      Powertools: row.powertools,
      here: row.ours,
    })) {
      if (verdict === 'not held' || verdict === 'broken')
        console.log(`${' '.repeat(30)}${name}: ${evidence}`);
    }
  }
  console.log(
    `\nheld: Powertools ${countOf(rows, 'powertools')}, here ${countOf(rows, 'ours')}, of ${rows.length}`,
  );
}

const countOf = (rows, name, verdict = 'held') => rows.filter((row) => row[name].verdict === verdict).length;

/** What makes the run fail: a broken scenario, or a claim of ours that does not hold. */
export const failuresOf = ({ rows }) =>
  rows.filter(
    ({ unclaimed, ours, powertools }) =>
      ours.verdict === 'broken' ||
      powertools.verdict === 'broken' ||
      (ours.verdict === 'not held' && !unclaimed),
  );

const inCell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** A note says why something is not held. */
const cellOf = ({ verdict, evidence }, note) => {
  if (verdict === 'held') return verdict;
  const text = verdict === 'not held' ? `**not held**: ${inCell(evidence)}` : verdict;
  return note ? `${text}. ${note}` : text;
};

const rowOf = ({ words, expected, powertools, ours, documented, unclaimed }) =>
  `| ${inCell(words)} | ${inCell(expected)} | ${cellOf(powertools, documented)} | ${cellOf(ours, unclaimed)} |`;

/** docs/scorecard.md. Nothing in it changes from run to run unless a verdict, or what was seen, does. */
export function markdownOf({ versions, rows }) {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const sums = ['held', 'not held', 'not offered'].map(
    (verdict) =>
      `| ${verdict} | ${countOf(rows, 'powertools', verdict)} | ${countOf(rows, 'ours', verdict)} |`,
  );
  const alone = (one, other) =>
    rows.filter((row) => row[one].verdict === 'held' && row[other].verdict !== 'held').length;
  return `${[
    '# Scorecard',
    '',
    '<!-- Written by `npm run scorecard`. -->',
    '',
    `Situations that users of an idempotency library meet, run with Powertools for AWS Lambda (TypeScript)`,
    `${versions.powertools} and with this library. To run them yourself: \`npm ci && npm run scorecard\` (about a minute).`,
    '',
    'Each scenario runs once per library, in its own thread and on its own table. The database is dynalite, which returns',
    'the item that caused a write to be rejected, as DynamoDB does. Requests go through the real AWS SDK, over HTTP, and',
    'through a proxy that can lose, cut, delay and reject them. Both libraries run the same scenario code',
    '([benchmarks/scorecard/scenarios](../benchmarks/scorecard/scenarios)), each set up as its own documentation advises',
    '([libraries.mjs](../benchmarks/scorecard/libraries.mjs)). Tests move the clocks instead of waiting. Effects are counted',
    'outside of both libraries, and the contents of the table are not compared.',
    '',
    '"Held" means that the user gets what they want. "Not held" is followed by what was seen and what was wanted, and by a',
    'note if the limit is documented or nothing was promised. "Not offered" means that there is no option for it.',
    '',
    `|             | Powertools | here |`,
    `| ----------- | ---------- | ---- |`,
    ...sums,
    `| held, but not by the other | ${alone('powertools', 'ours')} | ${alone('ours', 'powertools')} |`,
    '',
    ...groups.flatMap((group) => [
      `## ${group}`,
      '',
      '| what happens | what a user wants | Powertools | here |',
      '| --- | --- | --- | --- |',
      ...rows.filter((row) => row.group === group).map(rowOf),
      '',
    ]),
  ].join('\n')}`;
}
