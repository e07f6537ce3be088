import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { clientDefaults } from '../../aws-client.js';
import { watchSendings } from './sendings.js';
import type { Item, Transport, WriteAnswer } from './transport.js';

/** The transport over the AWS SDK: a client of its own, or the user's. */

const OWN_CLIENT: DynamoDBClientConfig = {
  ...clientDefaults(2_000),
  // No other code can reach this client, so its middleware never changes.
  cacheMiddleware: true,
};

export const ownClient = (config: DynamoDBClientConfig | undefined): DynamoDBClient =>
  watchSendings(new DynamoDBClient({ ...OWN_CLIENT, ...config }));

// Not `instanceof`: the user's client may be of another copy of the SDK.
const isRefusal = (error: unknown): error is { readonly Item?: Record<string, AttributeValue> } =>
  typeof error === 'object' &&
  error !== null &&
  'name' in error &&
  error.name === 'ConditionalCheckFailedException';

type SdkItem = Record<string, AttributeValue>;

const written = async (sending: Promise<{ Attributes?: SdkItem | undefined }>): Promise<WriteAnswer> => {
  try {
    const { Attributes } = await sending;
    return Attributes ? { refused: false, replaced: Attributes } : { refused: false };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error.Item ? { refused: true, item: error.Item } : { refused: true };
  }
};

/** The SDK's type allows exactly one member per value; the request's own type allows several. */
type ForSdk<T> = T extends Item ? SdkItem : { [K in keyof T]: ForSdk<T[K]> };
const forSdk = <T extends object>(request: T): ForSdk<T> => request as unknown as ForSdk<T>;

/** @param open creates the client, at the first request */
export const sdkTransport = (open: () => DynamoDBClient): Transport => {
  let opened: DynamoDBClient | undefined;
  const client = (): DynamoDBClient => {
    opened ??= open();
    return opened;
  };
  return {
    putItem: async (request) => written(client().send(new PutItemCommand(forSdk(request)))),
    updateItem: async (request) => written(client().send(new UpdateItemCommand(forSdk(request)))),
    deleteItem: async (request) => written(client().send(new DeleteItemCommand(forSdk(request)))),
    getItem: async (request) => (await client().send(new GetItemCommand(forSdk(request)))).Item,
  };
};
