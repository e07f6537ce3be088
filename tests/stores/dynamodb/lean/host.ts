import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Environment, Host } from '../../../../src/stores/dynamodb/lean/host.js';
import { processHost } from '../../../../src/stores/dynamodb/lean/host.js';

/** What the tests of the lean client stand on: a host of their own, and a server that answers as they say. */

export const REGION = { AWS_REGION: 'eu-central-1' };
export const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'the-secret' };

/** Real timers; the environment and the time of day are the test's. Pauses between attempts are at their shortest. */
export const hostWith = (env: Environment, now: () => number = Date.now): Host => ({
  env,
  clock: { now, after: processHost.clock.after },
  random: () => 0,
});

export interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly socket: Socket;
}

export interface TestServer {
  readonly endpoint: string;
  readonly port: number;
  /** Every request in the order of arrival. */
  readonly asked: Asked[];
  /** What answers the next requests; the last goes on answering. */
  answer(...answers: ((response: ServerResponse, asked: Asked) => void)[]): void;
  close(): Promise<void>;
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}) => {
  return (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
};

export const failing = (type: string, status = 400, headers: Record<string, string> = {}, message = 'said') =>
  json({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message }, status, headers);

export const startServer = async (): Promise<TestServer> => {
  const asked: Asked[] = [];
  let answers: ((response: ServerResponse, asked: Asked) => void)[] = [json({})];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers, socket } = request;
      const whole: Asked = { method, url, headers, socket, body: Buffer.concat(chunks).toString() };
      asked.push(whole);
      const [next] = answers.length > 1 ? answers.splice(0, 1) : answers;
      next?.(response, whole);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    asked,
    answer: (...next) => {
      answers = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
