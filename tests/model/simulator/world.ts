import type { PersistenceStore } from '../../../src/core/protocol/store.js';
import { localCache } from '../../../src/stores/local-cache.js';
import { Auditor } from './auditor.js';
import { MAX_RESULT_BYTES, makeCall } from './caller.js';
import { Client } from './client.js';
import { Database, type Write } from './database.js';
import { type ClockError, Host } from './host.js';
import { Network } from './network.js';
import { Random } from './random.js';
import { Scheduler } from './scheduler.js';
import { drawProfile, drawWeather, type Profile, type ProfileName, profiles, weatherAt } from './weather.js';
import { type CallPlan, drawSettings, type Settings } from './workload.js';

export interface SimulationOptions {
  /** Default: drawn by the seed. */
  readonly profile?: ProfileName | undefined;
  readonly trace?: boolean;
}

/** One machine: its clock stays when its process is replaced. */
export interface Machine {
  readonly error: ClockError;
  readonly isCaching: boolean;
  restarts: number;
  process: { readonly host: Host; readonly store: PersistenceStore };
}

/** Everything that one seed makes. Built of parts that know nothing of each other; this is where they meet. */
export class World {
  readonly random: Random;
  readonly profile: Profile;
  readonly settings: Settings;
  readonly scheduler: Scheduler;
  readonly database: Database;
  readonly auditor: Auditor;
  readonly faults: Record<string, number> = {};
  readonly trace: string[] = [];
  readonly machines: Machine[];
  readonly #network: Network;
  readonly #isTracing: boolean;
  readonly #lateTimerMs: () => number;
  readonly #writeListeners: ((write: Write) => void)[] = [];

  constructor(seed: number, { profile, trace = false }: SimulationOptions) {
    const random = new Random(seed);
    this.random = random;
    const drawn = drawProfile(random);
    this.profile = profile ? profiles[profile] : drawn;
    this.settings = drawSettings(random);
    this.#isTracing = trace;
    const scheduler = new Scheduler(random.fork());
    this.scheduler = scheduler;
    const now = (): number => scheduler.now;
    const note = (line: () => string): void => this.note(line);
    this.auditor = new Auditor({
      settings: this.settings,
      profile: this.profile,
      now,
      note,
      violated: () => scheduler.stop(),
    });
    this.database = new Database({
      now,
      wrote: (write) => {
        this.auditor.wrote(write);
        for (const listen of this.#writeListeners) listen(write);
      },
      maxResultBytes: MAX_RESULT_BYTES,
    });
    const weather = drawWeather(random, this.profile);
    this.#network = new Network({
      scheduler,
      database: this.database,
      random: random.fork(),
      weather: () => weatherAt(weather, scheduler.now),
      fault: (name) => this.count(name),
      note,
    });
    const timers = random.fork();
    this.#lateTimerMs = () => (weather.lateTimerMs === 0 ? 0 : timers.int(0, weather.lateTimerMs));
    this.machines = Array.from({ length: random.int(2, 4) }, (_, index) => this.#newMachine(index));
  }

  /** How far a clock may be from true time. */
  get mostOffsetMs(): number {
    return (this.settings.clockSkewMs * this.profile.skewShare) / 2 - 1;
  }

  onWrite(listen: (write: Write) => void): void {
    this.#writeListeners.push(listen);
  }

  note(line: () => string): void {
    if (this.#isTracing) this.trace.push(`${String(this.scheduler.now).padStart(6)} ms  ${line()}`);
  }

  count(fault: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
  }

  machineOf({ host }: CallPlan): Machine {
    return this.machines[host] as Machine;
  }

  /** The process of a machine; a new one if the last is dead. */
  processOf(machine: Machine): Machine['process'] {
    if (!machine.process.host.isAlive) {
      machine.restarts++;
      const name = `${machine.process.host.name.split('.')[0]}.${machine.restarts}`;
      machine.process = this.#newProcess(name, machine.error, machine.isCaching);
    }
    return machine.process;
  }

  async call(plan: CallPlan, { host, store }: Machine['process']): ReturnType<typeof makeCall> {
    return makeCall(plan, host, store, {
      auditor: this.auditor,
      settings: this.settings,
      whenStoreFails: this.profile.whenStoreFails,
      random: this.random,
    });
  }

  /** A host without faults that nobody has called yet. */
  newHealthyProcess(): Machine['process'] {
    return this.#newProcess('fresh host', { offsetMs: 0, drift: 0 }, false);
  }

  #newProcess(name: string, error: ClockError, isCaching: boolean): Machine['process'] {
    const host = new Host(name, this.scheduler, error, this.#lateTimerMs);
    const client = new Client(host, this.#network, this.auditor.observerOf(host));
    return { host, store: isCaching ? localCache(client, { maxRecords: 3, clock: host.clock }) : client };
  }

  #newMachine(index: number): Machine {
    const { random } = this;
    const drift = (random.next() - 0.5) * 0.0005;
    // Drift adds to what two clocks differ by at first.
    const left = Math.floor(this.mostOffsetMs - 50);
    const error = { offsetMs: random.pick([0, -left, left, random.int(-left, left)]), drift };
    const isCaching = random.chance(0.3);
    return {
      error,
      isCaching,
      restarts: 0,
      process: this.#newProcess(`host ${index + 1}`, error, isCaching),
    };
  }
}
