/**
 * `npm run torture`: the library on a real database, its hosts killed and stopped.
 * `npm run torture -- --prove`: with each planted bug in turn, which must be found.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { clientFor, createTable, scan } from '../support/tables.js';
import type { Violation } from './audit.js';
import { startDatabase } from './database.js';
import { Ledger } from './ledger.js';
import { plantedBugs } from './planted-bugs.js';
import { describeRun, describeSettings } from './report.js';
import { type Settings, Torture } from './torture.js';

// Every worker's SDK would print it.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** So many keys to one kill, and to one pause. */
const KEYS_PER_FAULT = 50;
const KEYS = 5_000;
/** A planted bug shows soon: the rarest, some ten times. */
const KEYS_TO_PROVE = 1_000;
const SHOWN = 20;

const numberFrom = (name: string, byDefault: number): number => {
  const value = Number(process.env[name] || byDefault);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Error(`${name} must be a whole number, not "${process.env[name]}".`);
};

type Place = Pick<Settings, 'folder' | 'endpoint' | 'tableName' | 'plantedBug'>;

const settingsAt = (place: Place): Settings => {
  const keys = numberFrom('TORTURE_KEYS', process.argv.includes('--prove') ? KEYS_TO_PROVE : KEYS);
  const faults = Math.ceil(keys / KEYS_PER_FAULT);
  return {
    ...place,
    seed: numberFrom('SEED', Math.floor(Math.random() * 1_000_000)),
    keys,
    deliveriesPerKey: numberFrom('TORTURE_DELIVERIES', 5),
    workers: numberFrom('TORTURE_WORKERS', 8),
    leaseMs: numberFrom('TORTURE_LEASE_MS', 1_000),
    clockSkewMs: 150,
    kills: numberFrom('TORTURE_KILLS', faults),
    pauses: numberFrom('TORTURE_PAUSES', faults),
  };
};

const show = (violations: readonly Violation[]): void => {
  const rules = new Map<string, number>();
  for (const { rule } of violations) rules.set(rule, (rules.get(rule) ?? 0) + 1);
  for (const [rule, count] of rules) console.log(`  ${count} × ${rule}`);
  for (const { rule, key, detail } of violations.slice(0, SHOWN))
    console.log(`    ${key}: ${rule}: ${detail}`);
  if (violations.length > SHOWN) console.log(`    … and ${violations.length - SHOWN} more`);
};

/** A run in which nothing happened says nothing. */
const missedBy = (torture: Torture, ledger: Ledger, { kills, pauses }: Settings): string | undefined => {
  const struck = (act: string): boolean => [...torture.strikes.keys()].some((name) => name.startsWith(act));
  if (kills > 0 && !struck('kill')) return 'no worker was killed';
  if (pauses > 0 && !struck('pause')) return 'no worker was stopped';
  if (kills + pauses > 0 && ledger.takeOvers === 0) return 'no lease was taken over';
  return undefined;
};

/** One run over a table of its own. What a sound run wrote is deleted. */
const runOnce = async (endpoint: string, plantedBug?: string): Promise<readonly Violation[]> => {
  const client = clientFor(endpoint);
  const tableName = await createTable(client);
  const folder = mkdtempSync(join(tmpdir(), 'torture-'));
  const settings = settingsAt({ folder, endpoint, tableName, plantedBug });
  const ledger = new Ledger(join(folder, 'ledger.jsonl'));
  const torture = new Torture(settings, ledger, () => scan(client, tableName));
  let violations: readonly Violation[] = [];
  const close = (): void => {
    torture.close();
    if (violations.length === 0 || plantedBug) rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', close);
  console.log(describeSettings(settings));
  const startedAt = performance.now();
  try {
    violations = await torture.run();
    console.log(describeRun(settings, torture, ledger, violations, (performance.now() - startedAt) / 1_000));
    const missed = missedBy(torture, ledger, settings);
    if (missed && violations.length === 0)
      throw new Error(`The run proves nothing: ${missed}. Give it more keys.`);
    show(violations);
    if (violations.length > 0 && !plantedBug) console.log(`  The ledger is ${folder}/ledger.jsonl`);
    return violations;
  } finally {
    process.removeListener('exit', close);
    ledger.close();
    close();
    await client.send(new DeleteTableCommand({ TableName: tableName }));
    client.destroy();
  }
};

const prove = async (endpoint: string): Promise<readonly string[]> => {
  const missed: string[] = [];
  for (const bug of plantedBugs) if ((await runOnce(endpoint, bug)).length === 0) missed.push(bug);
  return missed;
};

const main = async (args: readonly string[]): Promise<boolean> => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  const database = await startDatabase();
  try {
    if (!args.includes('--prove'))
      return (await runOnce(database.endpoint, process.env['TORTURE_PLANT'])).length === 0;
    const missed = await prove(database.endpoint);
    console.log(missed.length === 0 ? 'Every planted bug was found.' : `Not found: ${missed.join(', ')}.`);
    return missed.length === 0;
  } finally {
    database.close();
  }
};

main(process.argv.slice(2)).then(
  (isSound) => process.exit(isSound ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
