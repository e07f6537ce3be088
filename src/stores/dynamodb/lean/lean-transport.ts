import type { Operation } from '../errors.js';
import type { Transport, WriteAnswer } from '../transport.js';
import { bodyOf, itemOf } from './attribute-json.js';
import type { LeanClient } from './client.js';

/**
 * The transport over the lean client.
 *
 * @param open returns the client, which is created at the first request or earlier
 */
export const leanTransport = (open: () => LeanClient): Transport => {
  const write = async (operation: Operation, request: object): Promise<WriteAnswer> => {
    const { isRefused, members } = await open().send(operation, bodyOf(request));
    if (isRefused) {
      const item = itemOf(members['Item']);
      return item ? { refused: true, item } : { refused: true };
    }
    const replaced = itemOf(members['Attributes']);
    return replaced ? { refused: false, replaced } : { refused: false };
  };
  return {
    putItem: (request) => write('PutItem', request),
    updateItem: (request) => write('UpdateItem', request),
    deleteItem: (request) => write('DeleteItem', request),
    getItem: async (request) => itemOf((await open().send('GetItem', bodyOf(request))).members['Item']),
  };
};
