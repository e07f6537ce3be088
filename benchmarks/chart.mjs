/** docs/benchmark.svg: the processor time of calls as bars, each pair of rows on a scale of its own. */

const COLOURS = { bare: '#9aa5b1', peer: '#d9822b', ours: '#2b7bb9' };
const LEGEND = [
  ['bare', 'bare SDK requests', 0],
  ['peer', 'Powertools', 150],
  ['ours', 'lambda-idempotency', 254],
];

const WIDTH = 760;
const LEFT = 190;
const BARS = 440;
const BAR_HEIGHT = 13;
const ROW_HEIGHT = 3 * (BAR_HEIGHT + 2) + 14;
const TOP = 74;

const timeOf = (micros) =>
  micros < 1_000 ? `${Math.round(micros)} µs` : `${(micros / 1_000).toFixed(micros < 10_000 ? 1 : 0)} ms`;

const text = (x, y, content, attributes = '') =>
  `<text x="${x}" y="${y}" ${attributes}>${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;

/** The longest bar of a row fills the width: small and large events have no common scale. */
function rowOf({ name, micros }, index) {
  const top = TOP + index * ROW_HEIGHT;
  const longest = Math.max(...Object.values(micros).map(({ median }) => median));
  const bars = Object.entries(micros).flatMap(([column, { median }], place) => {
    const y = top + place * (BAR_HEIGHT + 2);
    const width = Math.max(1, Math.round((BARS * median) / longest));
    return [
      `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2" fill="${COLOURS[column]}"/>`,
      text(LEFT + width + 6, y + BAR_HEIGHT - 3, timeOf(median), 'class="figure"'),
    ];
  });
  return [text(LEFT - 12, top + ROW_HEIGHT / 2 - 5, name, 'text-anchor="end"'), ...bars].join('\n');
}

const legend = LEGEND.map(([column, label, offset]) => {
  const x = LEFT + offset;
  return `<rect x="${x}" y="45" width="12" height="12" rx="2" fill="${COLOURS[column]}"/>\n${text(x + 18, 56, label)}`;
}).join('\n');

/** @param processor rows of results/latest.json */
export function chartOf({ processor, versions, node }) {
  const rows = processor
    .filter(({ name }) => /^(first call|replay)/.test(name))
    .map(({ name, micros }) => ({ name: name.replace(/ \(.*\)/, ''), micros }));
  const height = TOP + rows.length * ROW_HEIGHT + 8;
  const peer = versions['@aws-lambda-powertools/idempotency'];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Processor time of calls">
<style>text { fill: #1f2933 } .figure { font-size: 11px; fill: #52606d }</style>
<rect width="${WIDTH}" height="${height}" rx="6" fill="#ffffff"/>
${text(24, 28, 'Processor time of one call: shorter is better', 'font-weight="600"')}
${text(WIDTH - 24, 28, `Powertools ${peer}, Node ${node.slice(1)}`, 'class="figure" text-anchor="end"')}
${legend}
${rows.map(rowOf).join('\n')}
</svg>
`;
}
