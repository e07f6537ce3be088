import { subscribe } from 'node:diagnostics_channel';
import { isDeepStrictEqual } from 'node:util';
import { channelName, type IdempotencyEventName } from '../src/index.js';

/** What the demo prints: who says what and when, and whether it came as told. */

const startedAt = performance.now();
export const elapsedSeconds = (): number => (performance.now() - startedAt) / 1_000;

const isColourful = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
const paint =
  (code: number) =>
  (text: string): string =>
    isColourful ? `\u001b[${code}m${text}\u001b[0m` : text;

export const bold = paint(1);
const dim = paint(2);
const red = paint(31);
const green = paint(32);
const speakers = { client: paint(36), bus: paint(36), Lambda: paint(33), table: paint(35) };

const INDENT = ' '.repeat(11);

export const say = (speaker: keyof typeof speakers, text: string): void => {
  const clock = `${elapsedSeconds().toFixed(3)} s`.padStart(9);
  console.log(`${dim(clock)}  ${speakers[speaker](speaker.padEnd(6))}  ${text}`);
};

export const counts = { scenes: 0, checks: 0, differences: 0 };

export const scene = async (title: string, play: () => Promise<void>): Promise<void> => {
  counts.scenes++;
  console.log(bold(`\n${counts.scenes}. ${title}`));
  try {
    await play();
  } catch (error) {
    counts.differences++;
    console.log(red(`${INDENT}✗ the scene broke off: ${error}`));
  }
};

/** Compares what happened with what the scene says. */
export const check = (saying: string, actual: unknown, expected: unknown): void => {
  counts.checks++;
  if (isDeepStrictEqual(actual, expected)) {
    console.log(green(`${INDENT}✓ ${saying}`));
    return;
  }
  counts.differences++;
  const [wanted, got] = [expected, actual].map((value) => JSON.stringify(value));
  console.log(red(`${INDENT}✗ ${saying}: expected ${wanted}, got ${got}`));
};

/** A key is `scope#hash`; a few characters of the hash tell the demo's keys apart. */
export const shortKey = (key: string): string => key.replace(/#(.{6}).*/, '#$1…');

const tellings: Partial<Record<IdempotencyEventName, string>> = {
  claimed: 'claimed',
  takenOver: 'was left by a run whose lease is over: taken over',
  replayed: 'is settled: replayed',
  busy: 'is running elsewhere: refused',
  conflict: 'is of another order: refused',
  settled: 'settled',
  released: 'released',
};

/** The library publishes what it does with each record; here the table says it. */
export const tellRecords = (): void => {
  for (const [event, telling] of Object.entries(tellings)) {
    subscribe(channelName(event as IdempotencyEventName), (message) => {
      const { key } = message as { key: string };
      say('table', `${shortKey(key)} ${telling}`);
    });
  }
};
