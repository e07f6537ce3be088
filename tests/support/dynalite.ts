import { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import createDynalite from 'dynalite';
import database from 'dynalite/db/index.js';
import deleteItem from 'dynalite/validations/deleteItem.js';
import putItem from 'dynalite/validations/putItem.js';
import updateItem from 'dynalite/validations/updateItem.js';

export interface DynaliteOptions {
  /** Answer `ReturnValuesOnConditionCheckFailure: 'ALL_OLD'` as DynamoDB does. Default: true. */
  returnsOldItem?: boolean;
}

export interface LocalDatabase {
  endpoint: string;
  close(): Promise<void>;
}

/** Starts an empty in-memory DynamoDB inside this process, on a free loopback port. */
export async function startDynalite(options: DynaliteOptions = {}): Promise<LocalDatabase> {
  teachOldItem();
  const server = createDynalite({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    returnsOldItem: options.returnsOldItem ?? true,
  });
  surviveAbortedRequests(server);
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, close: () => close(server) };
}

/** On the shared module object, because this file may be loaded twice in one process, dynalite once. */
const taught = Symbol.for('lambda-idempotency/tests/dynalite-taught');

/**
 * dynalite's modules are shared by all servers of the process, so they are taught once, and each server's
 * store says whether the member counts: the validation step is the one that sees both request and store.
 */
function teachOldItem(): void {
  if (database[taught]) return;
  database[taught] = true;
  for (const validation of [putItem, updateItem, deleteItem]) acceptMember(validation);
  returnOldItem();
}

function acceptMember(validation: typeof putItem): void {
  const validate = validation.custom;
  validation.types.ReturnValuesOnConditionCheckFailure = { type: 'String', enum: ['ALL_OLD', 'NONE'] };
  validation.custom = (data, store) => {
    if (!store.options.returnsOldItem) delete data.ReturnValuesOnConditionCheckFailure;
    return validate(data, store);
  };
}

/** The check runs under dynalite's lock of the key, so the item is the very one that failed the condition. */
function returnOldItem(): void {
  const check = database.checkConditional;
  database.checkConditional = (data, existingItem) => {
    const refusal = check(data, existingItem);
    if (refusal && existingItem && data.ReturnValuesOnConditionCheckFailure === 'ALL_OLD') {
      refusal.body.Item = existingItem;
    }
    return refusal;
  };
}

/** dynalite throws out of its listener when a client leaves in mid-request, which would end the process. */
function surviveAbortedRequests(server: Server): void {
  server.on('request', (request) => {
    request.removeAllListeners('error');
    request.on('error', () => undefined);
  });
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

/**
 * Leaves the in-memory database to the garbage collector: dynalite's own `close` shuts it under requests
 * whose client has left, and these then throw where nobody can catch.
 */
function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    Server.prototype.close.call(server, (error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
