import { trueTimeOf } from './host.js';
import { FAULTS_UNTIL_MS } from './weather.js';
import type { CallPlan } from './workload.js';
import type { Machine, World } from './world.js';

/** What happens to hosts, to the database and to records; what happens to requests is in network.ts. */

/** A moment in, or not long after, some call: a fault on a world at rest shows nothing. */
interface Moment {
  readonly at: number;
  readonly machine: Machine;
}

const moments = (world: World, calls: readonly CallPlan[], most: number): Moment[] =>
  Array.from({ length: world.random.int(0, most) }, () => {
    const call = world.random.pick(calls);
    const at = call.at + world.random.int(0, world.random.pick([50, 1_000, 10_000]));
    return { at: Math.min(at, FAULTS_UNTIL_MS), machine: world.machineOf(call) };
  });

const crashes = (world: World, calls: readonly CallPlan[]): void => {
  for (const { at, machine } of moments(world, calls, 2)) {
    world.scheduler.at(at, () => {
      world.count('host crashed');
      world.note(() => `${machine.process.host.name} crashes`);
      machine.process.host.crash();
    });
  }
};

const freezes = (world: World, calls: readonly CallPlan[]): void => {
  for (const { at, machine } of moments(world, calls, 3)) {
    const ms = world.random.int(100, world.random.pick([2_000, 12_000]));
    world.scheduler.at(at, () => {
      world.count('host frozen');
      world.note(() => `${machine.process.host.name} freezes for ${ms} ms`);
      machine.process.host.freeze(ms);
    });
  }
};

const outages = (world: World, calls: readonly CallPlan[]): void => {
  for (const { at } of moments(world, calls, 1)) {
    const ms = world.random.int(100, world.random.pick([2_000, 15_000]));
    world.scheduler.at(at, () => {
      world.note(() => `the database is down for ${ms} ms`);
      world.database.downUntil = Math.min(world.scheduler.now + ms, FAULTS_UNTIL_MS);
    });
  }
};

/** An operator's hand, or a backup restored: records vanish while they are of use. */
const earlyDeletions = (world: World, calls: readonly CallPlan[]): void => {
  if (!world.random.chance(0.4)) return;
  for (const { at } of moments(world, calls, 4)) {
    const draw = world.random.next();
    world.scheduler.at(at, () => {
      const keys = world.database.keys();
      const key = keys[Math.floor(draw * keys.length)];
      if (key === undefined) return;
      world.count('deleted early');
      world.database.delete(key, 'early deletion');
    });
  }
};

/**
 * Deletes what the TTL attribute lets go: at once, late, or never. Never before the slowest clock shows that time, as
 * DynamoDB's own deletions come minutes to days late.
 */
const ttl = (world: World): void => {
  const lateMs = world.random.pick([undefined, 0, 1_000, 20_000]);
  if (lateMs === undefined) return;
  world.onWrite(({ key, after }) => {
    if (!after) return;
    const due = trueTimeOf(after.expiresAt) + world.mostOffsetMs + lateMs;
    world.scheduler.at(due, () => {
      if (world.database.peek(key) !== after) return;
      world.count('deleted by TTL');
      world.database.delete(key, 'ttl');
    });
  });
};

export const planFaults = (world: World, calls: readonly CallPlan[]): void => {
  ttl(world);
  if (!world.profile.hasFaults) return;
  crashes(world, calls);
  freezes(world, calls);
  outages(world, calls);
  earlyDeletions(world, calls);
};
