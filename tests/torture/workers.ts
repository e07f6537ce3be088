import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Delivery, FromWorker, Given, WorkerSetup } from './protocol.js';

/** Ready before they are needed: a killed worker's place is taken at once. */
const SPARES = 3;

/** Many short lives on few processors: compile early, and on one thread. */
const NODE_OPTIONS = ['--single-threaded', '--no-lazy-feedback-allocation'];

/** One worker process. A life ends with a kill; its place is taken by another. */
export interface Worker {
  readonly life: number;
  readonly process: ChildProcess;
  /** By ticket. */
  readonly inFlight: Map<number, Delivery>;
  state: 'starting' | 'spare' | 'serving' | 'stopped' | 'dead';
}

export interface PoolEvents {
  /** A spare has taken a place. */
  onServing(worker: Worker): void;
  /** Also what a worker said before it was killed, and was not read yet. */
  onMessage(worker: Worker, message: FromWorker): void;
  /** Its deliveries are still in `inFlight`. */
  onDeath(worker: Worker): void;
  /** A worker ended that nobody killed. */
  onFailure(error: Error): void;
}

/** Worker processes of compiled code, of which `size` serve. */
export class WorkerPool {
  readonly #all = new Set<Worker>();
  readonly #reaper = startReaper();
  readonly #program: string;
  readonly #size: number;
  readonly #setup: string;
  readonly #events: PoolEvents;
  #lives = 0;
  #tickets = 0;
  #isClosed = false;

  /** @param folder for the compiled code */
  constructor(folder: string, size: number, setup: WorkerSetup, events: PoolEvents) {
    this.#program = join(folder, 'worker.cjs');
    this.#size = size;
    const { endpoint, tableName, leaseMs, clockSkewMs, plantedBug } = setup;
    this.#setup = JSON.stringify({ endpoint, tableName, leaseMs, clockSkewMs, plantedBug });
    this.#events = events;
  }

  async start(): Promise<void> {
    await build({
      entryPoints: [fileURLToPath(new URL('./worker.ts', import.meta.url))],
      outfile: this.#program,
      bundle: true,
      minify: true,
      keepNames: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'warning',
    });
    for (let count = 0; count < this.#size + SPARES; count++) this.#spawn();
  }

  /** Those that can take work. */
  get serving(): readonly Worker[] {
    return [...this.#all].filter(({ state }) => state === 'serving');
  }

  /** Whether nothing is under way anywhere. */
  get isIdle(): boolean {
    return [...this.#all].every(({ state, inFlight }) => state !== 'stopped' && inFlight.size === 0);
  }

  give(worker: Worker, delivery: Delivery): void {
    const given: Given = { ...delivery, ticket: ++this.#tickets };
    worker.inFlight.set(given.ticket, delivery);
    worker.process.stdin?.write(`${JSON.stringify(given)}\n`);
  }

  /** The delivery that a worker has answered or refused. */
  takeBack(worker: Worker, ticket: number): Delivery {
    const delivery = worker.inFlight.get(ticket);
    if (!delivery)
      throw new Error(`Worker ${worker.life} tells of ticket ${ticket}, which it does not have.`);
    worker.inFlight.delete(ticket);
    return delivery;
  }

  /** Lets a worker go on that stands still at a point. */
  letGo(worker: Worker): void {
    controlOf(worker).write('.');
  }

  kill(worker: Worker): void {
    worker.process.kill('SIGKILL');
    this.#bury(worker);
  }

  stop(worker: Worker): void {
    worker.state = 'stopped';
    worker.process.kill('SIGSTOP');
  }

  resume(worker: Worker): void {
    if (worker.state !== 'stopped') return;
    worker.state = 'serving';
    worker.process.kill('SIGCONT');
  }

  /** Ends every process, the stopped ones too. Synchronous: it also runs when this process exits. */
  close(): void {
    this.#isClosed = true;
    for (const worker of this.#all) worker.process.kill('SIGKILL');
    this.#all.clear();
    this.#reaper.kill('SIGKILL');
  }

  #spawn(): void {
    const child = spawn(process.execPath, [...NODE_OPTIONS, this.#program, this.#setup], {
      stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
    });
    const worker: Worker = { life: ++this.#lives, process: child, inFlight: new Map(), state: 'starting' };
    this.#all.add(worker);
    // What is still written to a worker that was just killed fails, and what it has not read.
    const lines = createInterface({ input: controlOf(worker) });
    for (const source of [child.stdin, controlOf(worker), lines]) source?.on('error', () => {});
    lines.on('line', (line) => {
      if (this.#isClosed) return;
      const message = JSON.parse(line) as FromWorker;
      if (message.kind === 'ready' && worker.state === 'starting') {
        worker.state = 'spare';
        this.#fill();
      } else this.#events.onMessage(worker, message);
    });
    child.once('exit', (code, signal) => {
      if (worker.state === 'dead' || this.#isClosed) return;
      this.#events.onFailure(
        new Error(`Worker ${worker.life} ended with ${code ?? signal}; nobody killed it.`),
      );
    });
    this.#tellReaper();
  }

  #bury(worker: Worker): void {
    worker.state = 'dead';
    this.#all.delete(worker);
    this.#events.onDeath(worker);
    this.#spawn();
    this.#fill();
  }

  #fill(): void {
    const busy = [...this.#all].filter(({ state }) => state === 'serving' || state === 'stopped');
    const spare = [...this.#all].find(({ state }) => state === 'spare');
    if (busy.length >= this.#size || !spare) return;
    spare.state = 'serving';
    this.#events.onServing(spare);
    this.#fill();
  }

  #tellReaper(): void {
    this.#reaper.stdin?.write(`${[...this.#all].map((worker) => worker.process.pid).join(' ')}\n`);
  }
}

const controlOf = (worker: Worker): Duplex => worker.process.stdio[3] as Duplex;

/**
 * Outlives this process and kills what it leaves: a worker ends by itself when its controller is gone, but not one
 * that is stopped. Knows the living by the last line that it was told.
 */
const startReaper = (): ChildProcess => {
  const script =
    'while read -r line; do workers=$line; done; [ -z "$workers" ] || kill -KILL $workers 2>/dev/null';
  const reaper = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  reaper.stdin?.on('error', () => {});
  reaper.unref();
  return reaper;
};
