/** The table on the screen. Everything in it, and more, is in results/latest.json. */

export function printTable({
  date,
  node,
  machine,
  rounds,
  loadBefore,
  versions,
  hooksLeftOn,
  roundTrips,
  processor,
}) {
  console.log(`${machine}, Node ${node}, ${date}, ${rounds} rounds`);
  if (loadBefore > 0.5) {
    console.log(`NOISY: the machine was busy (load average ${loadBefore.toFixed(1)}) before this began.`);
  }
  console.log(
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  );

  if (hooksLeftOn) {
    console.log(
      `UNFAIR: ${hooksLeftOn} leaves promise hooks on (AsyncLocalStorage), and all columns pay for them.`,
    );
  }

  console.log(
    "\nProcessor time, median of the rounds; ratios with the rounds' p25–p75. peer = Powertools.\n",
  );
  printRows([
    ['', 'bare', 'peer', 'ours', 'peer/bare', 'ours/bare', 'ours/peer'],
    ...processor.map(({ name, micros, ratios }) => [
      name,
      time(micros.bare),
      time(micros.peer),
      time(micros.ours),
      ratio(ratios['peer/bare']),
      ratio(ratios['ours/bare']),
      ratio(ratios['ours/peer']),
    ]),
  ]);

  console.log('\nRequests to the table\n');
  printRows([
    ['', 'peer', 'ours'],
    ...Object.entries(roundTrips).map(([name, { peer, ours }]) => [name, `${peer}`, `${ours}`]),
  ]);
}

function time(sample) {
  if (!sample) return '–';
  const { median } = sample;
  return median < 1000 ? `${median.toPrecision(3)} µs` : `${(median / 1000).toPrecision(3)} ms`;
}

function ratio(sample) {
  if (!sample) return '–';
  return `${sample.median.toFixed(2)} (${sample.p25.toFixed(2)}–${sample.p75.toFixed(2)})`;
}

export function printRows(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
    );
    console.log(`  ${cells.join('  ')}`.trimEnd());
  }
}
