import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isRefusal, markRefused } from './errors.js';

type Middleware = Parameters<DynamoDBClient['middlewareStack']['addRelativeTo']>[0];

/** Requests of which a sending has failed without an answer that refuses it. */
const unclear = new WeakSet<object>();

/** Sees each sending, for it comes after the SDK's retries. They hand it the same request every time. */
const watch =
  (next: (args: object) => Promise<unknown>) =>
  async (args: { readonly request?: object }): Promise<unknown> => {
    const { request = args } = args;
    try {
      return await next(args);
    } catch (error) {
      if (!isRefusal(error)) unclear.add(request);
      else if (!unclear.has(request)) markRefused(error as object);
      throw error;
    }
  };

/**
 * Has a client tell of a request that failed whether every sending of it was refused. The SDK itself shows the last
 * sending alone, and an earlier one may have been carried out, its answer lost.
 */
export const watchSendings = (client: DynamoDBClient): DynamoDBClient => {
  const options = { name: 'idempotencySendings', override: true } as const;
  client.middlewareStack.addRelativeTo(watch as Middleware, {
    relation: 'after',
    toMiddleware: 'retryMiddleware',
    ...options,
  });
  return client;
};
