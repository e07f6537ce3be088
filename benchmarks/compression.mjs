/**
 * Which compression, and at which level: `node benchmarks/compression.mjs`. Size and processor time of gzip and
 * brotli of `node:zlib` on results of 5, 20 and 100 KB; the asynchronous calls, as the library makes them.
 */
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants, gunzip, gzip } from 'node:zlib';
import { kinds, resultOf } from './results-data.mjs';

const brotli = (quality) => ({
  name: `brotli ${quality}`,
  compress: (text) =>
    promisify(brotliCompress)(text, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: quality,
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(text),
      },
    }),
  inflate: promisify(brotliDecompress),
});
const gzipped = (level) => ({
  name: `gzip ${level}`,
  compress: (text) => promisify(gzip)(text, { level }),
  inflate: promisify(gunzip),
});

const ways = [gzipped(1), gzipped(6), gzipped(9), ...[1, 3, 4, 5, 6, 7, 9, 11].map(brotli)];

/** Microseconds of processor time, and of waiting: the least of 5 rounds. */
async function timed(work, rounds = 5) {
  let [processor, wall] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round += 1) {
    let count = 0;
    const [before, start] = [process.cpuUsage(), performance.now()];
    do {
      await work();
      count += 1;
    } while (performance.now() - start < 100);
    const { user, system } = process.cpuUsage(before);
    processor = Math.min(processor, (user + system) / count);
    wall = Math.min(wall, ((performance.now() - start) * 1_000) / count);
  }
  return { processor, wall };
}

const micros = ({ processor, wall }) => `${processor.toFixed(0)} / ${wall.toFixed(0)}`;

console.log(`Node ${process.version}; microseconds of processor / until done`);
for (const kind of kinds) {
  for (const bytes of [5, 20, 100].map((kilobytes) => kilobytes * 1_000)) {
    const text = JSON.stringify(resultOf(kind, bytes));
    console.log(`\n${kind}, ${text.length} bytes of JSON`);
    for (const { name, compress, inflate } of ways) {
      const packed = await compress(text);
      const there = await timed(() => compress(text));
      const back = await timed(() => inflate(packed));
      console.log(
        `  ${name.padEnd(10)} ${String(packed.length).padStart(6)} B  compress ${micros(there).padStart(15)}  inflate ${micros(back).padStart(11)}`,
      );
    }
  }
}
