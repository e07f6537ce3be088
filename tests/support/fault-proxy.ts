import { randomUUID } from 'node:crypto';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, type FaultKind, FaultQueue } from './faults.js';

export type { Fault, FaultKind } from './faults.js';

export interface ProxiedRequest {
  operation: string;
  /** The kind of the fault that hit it. */
  fault?: FaultKind;
}

export interface FaultProxyOptions {
  /** Awaited before a request goes on to the database; what it throws becomes a `FaultProxyHookError`. */
  onRequest?: (operation: string, body: string) => void | Promise<void>;
}

export interface FaultProxy {
  endpoint: string;
  /** Every request in the order of arrival, the SDK's retries among them. */
  requests: ProxiedRequest[];
  inject(fault: Fault): void;
  /** Forgets the faults that are still to come; `requests` stays. */
  clear(): void;
  /** Ends every connection, the hanging ones too. */
  close(): Promise<void>;
}

/** Starts a proxy on a free loopback port that passes DynamoDB requests on to `target`, faults aside. */
export async function startFaultProxy(target: string, options: FaultProxyOptions = {}): Promise<FaultProxy> {
  if (new URL(target).protocol !== 'http:') {
    throw new TypeError(`The fault proxy needs an http endpoint, not ${target}: a signature names its host`);
  }
  const requests: ProxiedRequest[] = [];
  const faults = new FaultQueue();
  const closing = new AbortController();

  const server = createServer((request, response) => {
    const operation = operationOf(request);
    // Taken on arrival and not after the body, so that concurrent requests meet the faults in their order.
    const fault = faults.take(operation);
    requests.push(fault ? { operation, fault: fault.kind } : { operation });
    const exchange = { target, operation, request, response, options, signal: closing.signal };
    serve(exchange, fault).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    inject: (fault) => faults.add(fault),
    clear: () => faults.clear(),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
        closing.abort();
      }),
  };
}

interface Exchange {
  target: string;
  operation: string;
  request: IncomingMessage;
  response: ServerResponse;
  options: FaultProxyOptions;
  /** Aborted when the proxy closes. */
  signal: AbortSignal;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

async function serve(exchange: Exchange, fault: Fault | undefined): Promise<void> {
  if (fault?.kind === 'refuse') {
    exchange.request.socket.destroy();
    return;
  }
  const body = await buffer(exchange.request);
  if (fault && (await stoppedBefore(exchange, fault))) return;
  if (await stoppedByHook(exchange, body)) return;
  await answer(exchange, fault, await forward(exchange, body));
}

/** Plays the faults that keep the request from the database; false lets it through. */
async function stoppedBefore({ request, response, signal }: Exchange, fault: Fault): Promise<boolean> {
  switch (fault.kind) {
    case 'drop-request':
      request.socket.resetAndDestroy();
      return true;
    case 'hang':
      return true;
    case 'status':
      sendError(response, fault);
      return true;
    case 'throttle':
      sendError(response, { errorType: 'ProvisionedThroughputExceededException' });
      return true;
    case 'delay':
      await sleep(fault.ms ?? 100, undefined, { signal });
      return false;
    default:
      return false;
  }
}

/** A hook that throws answers the request: swallowed, its error would show as one more network fault. */
async function stoppedByHook({ options, operation, response }: Exchange, body: Buffer): Promise<boolean> {
  try {
    await options.onRequest?.(operation, body.toString());
    return false;
  } catch (error) {
    sendError(response, { errorType: 'FaultProxyHookError' }, String(error));
    return true;
  }
}

async function answer(exchange: Exchange, fault: Fault | undefined, got: Answer): Promise<void> {
  const { request, response, signal } = exchange;
  if (fault?.kind === 'delay-answer') await sleep(fault.ms ?? 100, undefined, { signal });
  switch (fault?.kind) {
    case 'lose-answer':
      request.socket.resetAndDestroy();
      return;
    case 'hang-after-apply':
      return;
    case 'cut-answer':
      return cut(request, response, got);
    default:
      response.writeHead(got.status, answerHeaders(got)).end(got.body);
  }
}

async function cut(request: IncomingMessage, response: ServerResponse, got: Answer): Promise<void> {
  response.writeHead(got.status, answerHeaders(got));
  await new Promise((resolve) => response.write(got.body.subarray(0, got.body.length / 2), resolve));
  // A reset overtakes what the client has not read yet; it is to see the half answer first.
  await sleep(10);
  request.socket.resetAndDestroy();
}

/** One connection per request: a kept one could be closed by the database just as it is used again. */
function forward({ target, request, signal }: Exchange, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { ...endToEnd(request.headers), 'content-length': body.length };
    const url = new URL(request.url ?? '/', target);
    const onward = httpRequest(url, { method: request.method, headers, agent: false, signal }, (got) => {
      buffer(got).then((answer) => {
        resolve({ status: got.statusCode ?? 502, headers: got.headers, body: answer });
      }, reject);
    });
    onward.on('error', reject).end(body);
  });
}

function answerHeaders({ headers, body }: Answer): IncomingHttpHeaders & { 'content-length': string } {
  return { ...endToEnd(headers), 'content-length': String(body.length) };
}

/** Without the headers that speak of one connection only. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const hop = ['connection', 'keep-alive', 'transfer-encoding', 'expect'];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.includes(name)));
}

function sendError(
  response: ServerResponse,
  fault: Pick<Fault, 'status' | 'errorType'>,
  message?: string,
): void {
  const { errorType = 'InternalServerError', status = fault.errorType ? 400 : 500 } = fault;
  const body = JSON.stringify({
    __type: `com.amazonaws.dynamodb.v20120810#${errorType}`,
    message: message ?? `${errorType} injected by the fault proxy`,
  });
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() };
  response.writeHead(status, headers).end(body);
}

function operationOf(request: IncomingMessage): string {
  const target = request.headers['x-amz-target'];
  return typeof target === 'string'
    ? target.slice(target.lastIndexOf('.') + 1)
    : `${request.method} ${request.url}`;
}
