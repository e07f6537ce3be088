import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../../core/protocol/clock.js';
import { loadHttp } from './host.js';

/** One exchange at a time over connections that stay open. Knows nothing of AWS. */

export interface Target {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number | undefined;
  readonly path: string;
}

/** Names and values alternate: Node writes a list unchanged, but checks and copies the entries of an object. */
export type Headers = string[];

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** The request got no complete answer; whether it arrived is unknown. */
export class ConnectionFault extends Error {
  /** A pooled connection broke before any of the answer came: it was already dead, as after a freeze. */
  readonly isStale: boolean;

  constructor(name: string, message: string, isStale = false) {
    super(message);
    this.name = name;
    this.isStale = isStale;
  }
}

export interface Connection {
  /** @throws ConnectionFault */
  exchange(method: string, headers: Headers, body: string): Promise<Answer>;
  /** Closes the open connections that are not in use. */
  dropIdle(): void;
}

// Not `instanceof`: in Jest and node:vm, network errors come from another realm.
const faultOf = (error: unknown, isStale: boolean): ConnectionFault => {
  const { code = 'NetworkError', message = '' } = error as { code?: string; message?: string };
  return new ConnectionFault(code, message, isStale && (code === 'ECONNRESET' || code === 'EPIPE'));
};

/**
 * @param connectMs until the connection is open, including its TLS handshake
 * @param answerMs from there to the end of the answer
 */
export const makeConnection = (
  target: Target,
  connectMs: number,
  answerMs: number,
  clock: Clock,
  { keepAlive }: { readonly keepAlive: boolean },
): Connection => {
  const { isSecure, hostname, port, path } = target;
  // Loaded at the start: the caller of the first request would have to wait for it.
  const loading = loadHttp(isSecure).then((http) => ({
    request: http.request,
    // Explicit, though it is Node's default, so that NODE_TLS_REJECT_UNAUTHORIZED does not affect this client.
    agent: new http.Agent({ keepAlive, ...(isSecure && { rejectUnauthorized: true }) }),
  }));
  let agent: Agent | undefined;
  const ready = loading.then((loaded) => {
    agent = loaded.agent;
    return loaded;
  });

  const openedEvent = isSecure ? 'secureConnect' : 'connect';

  return {
    async exchange(method, headers, body) {
      const http = await ready;
      return new Promise<Answer>((resolve, reject) => {
        let stopTimer = (): void => {};
        let hasAnswer = false;
        const request: ClientRequest = http.request({
          method,
          host: hostname,
          port,
          path,
          headers,
          agent: http.agent,
          setHost: false,
        });
        const fail = (error: unknown): void => {
          stopTimer();
          reject(
            error instanceof ConnectionFault ? error : faultOf(error, request.reusedSocket && !hasAnswer),
          );
        };
        const limit = (ms: number, what: string): void => {
          stopTimer();
          const giveUp = (): void => {
            fail(new ConnectionFault('TimeoutError', `${what} within ${ms} ms`));
            request.destroy();
          };
          stopTimer = clock.after(ms, () => {
            // After a freeze, timers fire before network events: check whether the answer has already arrived.
            const look = setImmediate(giveUp);
            stopTimer = () => clearImmediate(look);
          });
        };
        request.on('socket', (socket: Socket) => {
          const awaitAnswer = (): void => limit(answerMs, `${hostname} did not answer`);
          if (!socket.connecting) return awaitAnswer();
          limit(connectMs, `no connection to ${hostname}`);
          socket.once(openedEvent, awaitAnswer);
        });
        request.on('error', fail);
        request.on('response', (response) => {
          hasAnswer = true;
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', fail);
          response.on('end', () => {
            stopTimer();
            const [first = Buffer.alloc(0)] = chunks;
            const whole = chunks.length > 1 ? Buffer.concat(chunks) : first;
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole.toString() });
          });
        });
        request.end(body);
      });
    },
    dropIdle() {
      for (const sockets of Object.values(agent?.freeSockets ?? {})) {
        for (const socket of sockets ?? []) socket.destroy();
      }
    },
  };
};
