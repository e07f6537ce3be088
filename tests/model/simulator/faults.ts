import { trueTimeOf } from './host.js';
import type { Random } from './random.js';
import { FAULTS_UNTIL_MS } from './weather.js';
import type { World } from './world.js';

/** What happens to hosts, to the database and to records; what happens to requests is in network.ts. */

const times = (random: Random, most: number): number[] =>
  Array.from({ length: random.int(0, most) }, () => random.int(0, FAULTS_UNTIL_MS));

const crashes = (world: World): void => {
  for (const at of times(world.random, 2)) {
    const machine = world.random.pick(world.machines);
    world.scheduler.at(at, () => {
      world.count('host crashed');
      world.note(() => `${machine.process.host.name} crashes`);
      machine.process.host.crash();
    });
  }
};

const freezes = (world: World): void => {
  for (const at of times(world.random, 3)) {
    const machine = world.random.pick(world.machines);
    const ms = world.random.int(100, world.random.pick([2_000, 12_000]));
    world.scheduler.at(at, () => {
      world.count('host frozen');
      world.note(() => `${machine.process.host.name} freezes for ${ms} ms`);
      machine.process.host.freeze(ms);
    });
  }
};

const outages = (world: World): void => {
  for (const at of times(world.random, 1)) {
    const ms = world.random.int(100, world.random.pick([2_000, 15_000]));
    world.scheduler.at(at, () => {
      world.note(() => `the database is down for ${ms} ms`);
      world.database.downUntil = Math.min(world.scheduler.now + ms, FAULTS_UNTIL_MS);
    });
  }
};

/** An operator's hand, or a backup restored: records vanish while they are of use. */
const earlyDeletions = (world: World): void => {
  if (!world.random.chance(0.4)) return;
  for (const at of times(world.random, 4)) {
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

export const planFaults = (world: World): void => {
  ttl(world);
  if (!world.profile.hasFaults) return;
  crashes(world);
  freezes(world);
  outages(world);
  earlyDeletions(world);
};
