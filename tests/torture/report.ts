import type { Violation } from './audit.js';
import type { Ledger } from './ledger.js';
import type { Settings, Torture } from './torture.js';

const number = (value: number): string => value.toLocaleString('en-US');

const list = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort()
    .map(([name, value]) => `${name} ${number(value)}`)
    .join(', ') || 'none';

const sum = (counts: ReadonlyMap<string, number>, prefix: string): number =>
  [...counts].reduce((total, [name, value]) => total + (name.startsWith(prefix) ? value : 0), 0);

/** How many keys had how many effects. */
const effectsPerKey = ({ entries }: Ledger, keys: number): ReadonlyMap<number, number> => {
  const ofKey = new Map<string, number>();
  for (const { kind, key } of entries) if (kind === 'effect') ofKey.set(key, (ofKey.get(key) ?? 0) + 1);
  const histogram = new Map<number, number>();
  for (const count of ofKey.values()) histogram.set(count, (histogram.get(count) ?? 0) + 1);
  if (ofKey.size < keys) histogram.set(0, keys - ofKey.size);
  return new Map([...histogram].sort(([one], [other]) => one - other));
};

/** The highest number up to which every store call was struck, before and after it. */
const swept = (struck: ReadonlySet<string>): number => {
  for (let call = 1; ; call++) {
    if (!struck.has(`${call} before`) || !struck.has(`${call} after`)) return call - 1;
  }
};

export const describeSettings = (settings: Settings): string => {
  const { seed, keys, deliveriesPerKey, workers, leaseMs, clockSkewMs, plantedBug } = settings;
  return [
    `Crash torture, SEED=${seed}: ${number(keys)} keys, each delivered ${deliveriesPerKey} times, to ${workers} workers;`,
    `leases of ${leaseMs} ms, ${clockSkewMs} ms margin.`,
    ...(plantedBug ? [`Planted bug: ${plantedBug}.`] : []),
  ].join(' ');
};

export const describeRun = (
  settings: Settings,
  torture: Torture,
  ledger: Ledger,
  violations: readonly Violation[],
  seconds: number,
): string => {
  const { strikes, struck, refusals } = torture;
  const effects = effectsPerKey(ledger, settings.keys);
  const total = [...effects].reduce((all, [count, keys]) => all + count * keys, 0);
  const part = (act: 'kill' | 'pause'): string =>
    list(
      new Map(
        [...strikes]
          .filter(([name]) => name.startsWith(act))
          .map(([name, n]) => [name.slice(act.length + 1), n]),
      ),
    );
  const row = (name: string, text: string): string => `  ${name.padEnd(13)} ${text}`;
  return [
    row(
      'effects',
      `${number(total)}: ${[...effects].map(([count, keys]) => `${count} under ${number(keys)} keys`).join(', ')}`,
    ),
    row('answers', number(torture.answers)),
    row('rejections', list(refusals)),
    row('store calls', number(ledger.storeCalls)),
    row('take-overs', number(ledger.takeOvers)),
    row('lost leases', number(torture.lostLeases)),
    row('kills', `${sum(strikes, 'kill')}: ${part('kill')}`),
    row('', `every store call of a life from 1 to ${swept(struck.kill)}, before and after it`),
    row('pauses', `${sum(strikes, 'pause')}: ${part('pause')}`),
    row('', `every store call of a life from 1 to ${swept(struck.pause)}, before and after it`),
    row('violations', number(violations.length)),
    row('time', `${seconds.toFixed(1)} s`),
  ].join('\n');
};
