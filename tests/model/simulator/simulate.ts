import type { Violation } from './auditor.js';
import { planFaults } from './faults.js';
import { probe } from './probe.js';
import type { ProfileName } from './weather.js';
import { drawCalls } from './workload.js';
import { type SimulationOptions, World } from './world.js';

/** A world that never comes to rest would be a violation too. */
const MAX_STEPS = 50_000;

export interface Report {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly steps: number;
  readonly calls: number;
  readonly effects: number;
  readonly takeOvers: number;
  /** How often each fault really occurred. */
  readonly faults: Readonly<Record<string, number>>;
  readonly violation: Violation | undefined;
  /** One line per thing that happened; empty unless asked for. */
  readonly trace: readonly string[];
}

/** Runs the world of a seed to its end. Same seed, same profile: the same world, step by step. */
export const simulate = async (seed: number, options: SimulationOptions = {}): Promise<Report> => {
  const world = new World(seed, options);
  const { scheduler, auditor, machines } = world;
  const calls = drawCalls(world.random, machines.length, world.settings);
  for (const plan of calls) {
    scheduler.at(plan.at, () => {
      const process = world.processOf(world.machineOf(plan));
      process.host.wake(() => void world.call(plan, process));
    });
  }
  planFaults(world, calls);
  await scheduler.run(MAX_STEPS);
  if (!auditor.violation) auditor.ended();
  if (!auditor.violation) await probe(world);
  return {
    seed,
    profile: world.profile.name,
    steps: scheduler.steps,
    calls: auditor.ledger.calls.length,
    effects: auditor.ledger.effects.length,
    takeOvers: auditor.takeOvers,
    faults: world.faults,
    violation: auditor.violation,
    trace: world.trace,
  };
};
