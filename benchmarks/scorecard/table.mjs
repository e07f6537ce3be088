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
    `What users of an idempotency library meet, played against Powertools for AWS Lambda (TypeScript) ${versions.powertools}`,
    `and against this library. To see it happen: \`npm ci && npm run scorecard\`, about a minute.`,
    '',
    'Each scenario runs once per library: in a thread of its own, on a table of its own of one database (dynalite, which',
    'returns the item of a refused write as DynamoDB does), with the real AWS SDK over HTTP, through a proxy that loses,',
    'cuts, delays and refuses. The code of a scenario is the same for both',
    '([benchmarks/scorecard/scenarios](../benchmarks/scorecard/scenarios)); what differs is how a library is set up, which',
    'is as its own documentation advises ([libraries.mjs](../benchmarks/scorecard/libraries.mjs)). Clocks are moved, not',
    'waited for. Effects are counted outside of both libraries; what lies in the table is not looked at.',
    '',
    '"Not held" comes with what was seen, and what a user wants. Where a limit is documented, or was never promised, the',
    'cell says so. "Not offered": there is no option for it.',
    '',
    `|             | Powertools | here |`,
    `| ----------- | ---------- | ---- |`,
    ...sums,
    `| held alone | ${alone('powertools', 'ours')} | ${alone('ours', 'powertools')} |`,
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
