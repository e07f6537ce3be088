import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isRefusal, markRefused } from './errors.js';

type Middleware = Parameters<DynamoDBClient['middlewareStack']['addRelativeTo']>[0];

/** Requests with an attempt that failed without being refused by an answer. */
const unclear = new WeakSet<object>();

/** Sees each attempt, since it runs inside the SDK's retries, which pass the same request every time. */
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
 * Makes a client record, for a failed request, whether every attempt was refused. The SDK itself shows only the last
 * attempt, but an earlier one may have been carried out and its answer lost.
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
