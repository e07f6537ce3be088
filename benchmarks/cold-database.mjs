/**
 * dynalite in a process of its own, over HTTP and, behind a proxy that ends TLS, over HTTPS. Sends `{ http, https, ca }`,
 * where `ca` is the file of the certificate, and ends with its parent.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tsImport } from 'tsx/esm/api';
import { tableName } from './libraries.mjs';
import { clientBasics } from './player.mjs';

const { startDynalite } = await tsImport('../tests/support/dynalite.ts', import.meta.url);
const { createTable } = await tsImport('../tests/support/tables.ts', import.meta.url);

const folder = mkdtempSync(path.join(tmpdir(), 'bench-cold-'));
const [key, ca] = ['key.pem', 'ca.pem'].map((name) => path.join(folder, name));
execFileSync('openssl', [
  ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
  ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', ca],
]);

const { endpoint } = await startDynalite({ returnsOldItem: true });
const client = new DynamoDBClient({ ...clientBasics, endpoint });
await createTable(client, { tableName });
client.destroy();

const { hostname, port } = new URL(endpoint);
const proxy = tls.createServer({ key: readFileSync(key), cert: readFileSync(ca) }, (socket) => {
  const behind = net.connect(Number(port), hostname);
  socket.pipe(behind).pipe(socket);
  for (const each of [socket, behind]) each.on('error', () => each.destroy());
});
proxy.listen(0, '127.0.0.1', () => {
  process.send({ http: endpoint, https: `https://localhost:${proxy.address().port}`, ca });
});

process.on('disconnect', () => {
  rmSync(folder, { recursive: true });
  process.exit();
});
