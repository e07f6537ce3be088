import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { CreateBucketCommand, ListObjectsV2Command, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/**
 * What goes wrong with the next requests of a method; only the stand-in knows how. A `conflict` is S3's answer while an
 * earlier sending of the same object is being written; it is not applied.
 */
export interface S3Fault {
  readonly method: 'PUT' | 'GET' | 'DELETE';
  /** `lose answer`: it is applied, and the connection is reset. `hang`: not applied, no answer. */
  readonly kind: 'lose answer' | 'hang' | 'denied' | 'unavailable' | 'conflict';
  readonly times?: number;
}

export interface TestBucket {
  readonly bucket: string;
  readonly endpoint: string;
  /** Method and path of every request to the stand-in since `heal`, and who sent them. */
  readonly requests: readonly string[];
  readonly agents: readonly string[];
  /** The accounts that requests expected to own the bucket. */
  readonly owners: readonly (string | undefined)[];
  client(overrides?: S3ClientConfig): S3Client;
  inject(fault: S3Fault): void;
  /** Forgets faults and requests. */
  heal(): void;
  keys(): Promise<string[]>;
  close(): Promise<void>;
}

/** A bucket on the endpoint that `AWS_ENDPOINT_URL` names (MiniStack), or in an S3 stand-in of this process. */
export async function startBucket({ standIn = false } = {}): Promise<TestBucket> {
  const { AWS_ENDPOINT_URL: named } = process.env;
  const server = named && !standIn ? undefined : await startStandIn();
  const endpoint = server?.endpoint ?? named ?? '';
  const clients: S3Client[] = [];
  const client = (overrides: S3ClientConfig = {}): S3Client => {
    const made = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      ...overrides,
    });
    clients.push(made);
    return made;
  };
  const bucket = `results-${Math.random().toString(36).slice(2)}`;
  const own = client();
  await own.send(new CreateBucketCommand({ Bucket: bucket }));
  // Tests run in any order, and none counts the making of its bucket.
  server?.heal();
  return {
    bucket,
    endpoint,
    client,
    requests: server?.requests ?? [],
    agents: server?.agents ?? [],
    owners: server?.owners ?? [],
    heal: () => server?.heal(),
    inject(fault) {
      if (!server) throw new Error(`${endpoint} takes no faults`);
      server.inject(fault);
    },
    async keys() {
      const { Contents = [] } = await own.send(new ListObjectsV2Command({ Bucket: bucket }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async close() {
      for (const each of clients) each.destroy();
      await server?.close();
    },
  };
}

/** As much of S3 as the claim check needs: objects in memory, conditional writes, checksums. */
async function startStandIn() {
  const objects = new Map<string, Buffer>();
  const requests: string[] = [];
  const agents: string[] = [];
  const owners: (string | undefined)[] = [];
  const faults: { fault: S3Fault; left: number }[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://s3');
    requests.push(`${request.method} ${pathname}`);
    agents.push(String(request.headers['user-agent']));
    owners.push(request.headers['x-amz-expected-bucket-owner']?.toString());
    const hit = faults.find(({ fault, left }) => left > 0 && fault.method === request.method);
    if (hit) hit.left--;
    buffer(request)
      .then((body) => {
        switch (hit?.fault.kind) {
          case 'hang':
            return;
          case 'denied':
            return refuse(response, 403, 'AccessDenied');
          case 'unavailable':
            return refuse(response, 503, 'SlowDown');
          case 'conflict':
            return refuse(response, 409, 'ConditionalRequestConflict');
          case 'lose answer':
            apply(objects, request, pathname, body);
            request.socket.resetAndDestroy();
            return;
          default:
            if (searchParams.has('list-type')) return list(objects, pathname, response);
            apply(objects, request, pathname, body)(response);
        }
      })
      .catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    agents,
    owners,
    heal: () => {
      for (const each of [requests, agents, owners, faults]) each.length = 0;
    },
    inject: (fault: S3Fault) => faults.push({ fault, left: fault.times ?? 1 }),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function list(objects: Map<string, Buffer>, path: string, response: ServerResponse): void {
  const prefix = `${path.replace(/\/$/, '')}/`;
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
  const contents = keys.map((key) => `<Contents><Key>${key.slice(prefix.length)}</Key></Contents>`);
  response.end(`<ListBucketResult>${contents.join('')}</ListBucketResult>`);
}

/** What it does, and how it answers. */
function apply(
  objects: Map<string, Buffer>,
  { method, headers }: IncomingMessage,
  path: string,
  body: Buffer,
): (response: ServerResponse) => void {
  const there = objects.get(path);
  switch (method) {
    case 'PUT': {
      if (there && headers['if-none-match'] === '*') {
        return (response) => refuse(response, 412, 'PreconditionFailed');
      }
      const expected = headers['x-amz-checksum-sha256'];
      if (expected && expected !== createHash('sha256').update(body).digest('base64')) {
        return (response) => refuse(response, 400, 'BadDigest');
      }
      if (path.split('/')[2]) objects.set(path, body);
      return (response) => response.end();
    }
    case 'GET':
      return (response) =>
        there
          ? response.writeHead(200, { 'content-length': there.length }).end(there)
          : refuse(response, 404, 'NoSuchKey');
    case 'DELETE':
      objects.delete(path);
      return (response) => response.writeHead(204).end();
    default:
      return (response) => refuse(response, 405, 'MethodNotAllowed');
  }
}
