import type { StoreRequest } from '../transitions.js';
import type { Reply } from './client.js';
import type { Database } from './database.js';
import { describeAnswer, describeRequest } from './describe.js';
import type { Random } from './random.js';
import type { Scheduler } from './scheduler.js';
import type { Weather } from './weather.js';

interface Setting {
  readonly scheduler: Scheduler;
  readonly database: Database;
  readonly random: Random;
  readonly weather: () => Weather;
  /** Told when a fault really occurs. */
  readonly fault: (name: string) => void;
  readonly note: (line: () => string) => void;
}

/** What lies between the hosts and the database, one sending at a time. */
export class Network {
  readonly random: Random;
  readonly #setting: Setting;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.random = setting.random;
  }

  /** Brings a request to the database, and its reply back, unless something happens to one of them. */
  carry(request: StoreRequest, from: string, reply: (reply: Reply) => void): void {
    const { scheduler, random, weather, fault, note } = this.#setting;
    const { loseRequest, loseAnswer, duplicate, deny } = weather();
    const say = (what: () => string): void => note(() => `${from}: ${describeRequest(request)} ${what()}`);
    const back = (answer: Reply): void => scheduler.after(this.#latency(), () => reply(answer));
    if (random.chance(deny)) {
      fault('denied');
      say(() => 'is denied');
      back({ kind: 'denied' });
      return;
    }
    if (random.chance(loseRequest)) {
      fault('request lost');
      say(() => 'is lost on its way');
      this.#breakOff(back);
      return;
    }
    scheduler.after(this.#latency(), () => {
      const result = this.#arrive(request, say);
      const isLost = result.kind !== 'failed' && random.chance(loseAnswer);
      if (isLost) {
        fault('answer lost');
        say(() => 'was applied, and its answer is lost');
      }
      const isSilent = isLost || (result.kind === 'failed' && result.why === 'down');
      if (isSilent) this.#breakOff(back);
      else back(result);
    });
    if (random.chance(duplicate)) {
      // The second copy may come right behind, long after, or before the first. Nobody waits for its answer.
      scheduler.after(this.#latency() * random.pick([1, 30, 300]), () => {
        fault('duplicate delivered');
        say(() => 'comes a second time');
        this.#arrive(request, say);
      });
    }
  }

  #arrive(request: StoreRequest, say: (what: () => string) => void): Reply {
    const { database, random, weather, fault } = this.#setting;
    if (database.isDown) {
      fault('store down');
      say(() => 'finds the store down');
      return { kind: 'failed', why: 'down' };
    }
    if (random.chance(weather().throttle)) {
      fault('throttled');
      say(() => 'is throttled');
      return { kind: 'failed', why: 'throttled' };
    }
    const answer = database.apply(request, random.chance(0.5));
    if (answer === 'too large') {
      fault('item too large');
      say(() => 'is too large');
      return { kind: 'too large' };
    }
    say(() => `arrives: ${describeAnswer(answer)}`);
    return { kind: 'answer', answer };
  }

  /** A connection that is cut tells its client; one that is silent does not, and the client's timer must. */
  #breakOff(back: (reply: Reply) => void): void {
    if (this.random.chance(0.7)) back({ kind: 'failed', why: 'cut off' });
  }

  #latency(): number {
    const { random, weather, fault } = this.#setting;
    const { slow, slowMs, latencyMs } = weather();
    if (!random.chance(slow)) return random.int(1, latencyMs);
    fault('delayed');
    return random.int(1, slowMs);
  }
}
