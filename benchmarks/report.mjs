/** The tables on the screen. Everything in them, and more, is in results/latest.json. */
export function printTables(result) {
  printHead(result);
  const { processor, connection, roundTrips, throughput, memory, imports, bundles, costs } = result;
  if (processor.length > 0) {
    table(
      "Processor time, median of the rounds; ratios with the rounds' p25–p75. peer = Powertools.",
      ['bare', 'peer', 'ours', 'peer/bare', 'ours/bare', 'ours/peer'],
      processor.map(({ name, micros, ratios }) => [
        name,
        ...[micros.bare, micros.peer, micros.ours].map((each) => time(each?.median)),
        ...[ratios['peer/bare'], ratios['ours/bare'], ratios['ours/peer']].map(ratio),
      ]),
    );
  }
  if (connection) {
    const ratios = ['peer/bare', 'ours/bare', 'own/bare', 'lite/bare'];
    table(
      'Processor time of a call over a real connection. own = the store’s SDK client, lite = its lean client.',
      ['bare', 'lite', ...ratios],
      connection.map(({ name, micros, ratios: of }) => [
        name,
        time(micros.bare.median),
        time(micros.lite.median),
        ...ratios.map((each) => ratio(of[each])),
      ]),
    );
  }
  table(
    'Requests to the table',
    ['peer', 'ours'],
    Object.entries(roundTrips).map(([name, { peer, ours }]) => [name, `${peer}`, `${ours}`]),
  );
  if (throughput) {
    table(
      'Calls per second over HTTP, the database in a process of its own; upper quintile of the rounds',
      ['bare', 'peer', 'ours'],
      throughput.map(({ name, perSecond: { bare, peer, ours } }) => [
        name,
        ...[bare, peer, ours].map((calls) => calls.toFixed(0)),
      ]),
    );
  }
  if (memory) {
    table(
      `Heap after batches of ${memory.callsPerBatch} calls, all garbage collected`,
      ['first', 'last', 'growth per 10,000 calls'],
      Object.entries(memory.columns).map(([name, { heapKB, growthKB, grows }]) => [
        name,
        `${heapKB.at(0)} KB`,
        `${heapKB.at(-1)} KB`,
        `${growthKB.toFixed(0)} KB${grows ? ', GROWS' : ''}`,
      ]),
    );
  }
  if (imports) {
    const columns = ['bare', 'peer', 'ours'];
    table(
      'Processor time of importing, in a fresh process; medians',
      columns,
      imports.map(({ name, micros }) => [name, ...columns.map((column) => time(micros[column]))]),
    );
  }
  if (bundles) {
    const columns = ['peer', 'ours'];
    table(
      'Bundle, minified, without the SDK',
      columns,
      bundles.map(({ name, bytes }) => [name, ...columns.map((column) => kilobytes(bytes[column]))]),
    );
  }
  if (costs) {
    table(
      'Write and read units of a call, and dollars per million calls, by size of the JSON result',
      ['peer, first', 'peer, replay', 'ours, first', 'ours, replay'],
      costs.map(({ bytes, Powertools, ours }) => [
        `${bytes / 1_000} KB`,
        ...[Powertools.first, Powertools.replay, ours.first, ours.replay].map(bill),
      ]),
    );
  }
}

function printHead({ date, node, machine, rounds, loadBefore, versions, hooksLeftOn }) {
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
}

const bill = ({ write, read, dollarsPerMillion }) =>
  `${write} W${read > 0 ? ` + ${read} R` : ''}  $${dollarsPerMillion.toFixed(2)}`;

function table(title, columns, rows) {
  console.log(`\n${title}\n`);
  printRows([['', ...columns], ...rows]);
}

function time(micros) {
  if (micros === undefined) return '–';
  return micros < 1_000 ? `${micros.toPrecision(3)} µs` : `${(micros / 1_000).toPrecision(3)} ms`;
}

function ratio(sample) {
  if (!sample) return '–';
  return `${sample.median.toFixed(2)} (${sample.p25.toFixed(2)}–${sample.p75.toFixed(2)})`;
}

const kilobytes = (bytes) => (bytes === undefined ? '–' : `${(bytes / 1_000).toFixed(1)} kB`);

function printRows(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
    );
    console.log(`  ${cells.join('  ')}`.trimEnd());
  }
}
