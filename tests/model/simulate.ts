import { simulate } from './simulator/world.js';

const n = Number(process.env['SEEDS'] ?? 1000);
const only = process.env['SEED'];
const t = Date.now();
let steps = 0,
  eff = 0,
  take = 0;
const faults: Record<string, number> = {};
const viol: Record<string, number[]> = {};
for (let seed = only ? Number(only) : 1; seed <= (only ? Number(only) : n); seed++) {
  const r = await simulate(seed, { profile: process.env['PROFILE'] as never, trace: !!only });
  steps += r.steps;
  eff += r.effects;
  take += r.takeOvers;
  for (const [k, v] of Object.entries(r.faults)) faults[k] = (faults[k] ?? 0) + v;
  if (r.violation) (viol[r.violation.check + ' | ' + r.profile] ??= []).push(seed);
  if (only) {
    console.log(r.trace.join('\n'));
    console.log(r.violation, r.profile);
  }
}
console.log(Date.now() - t, 'ms', { steps, eff, take, faults });
for (const [k, v] of Object.entries(viol)) console.log(k, v.length, v.slice(0, 8).join(' '));
