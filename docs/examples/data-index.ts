import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

// #region prefix
export const bakeFor = makeIdempotent(
  async (customer: string, order: Order): Promise<string> => {
    const { number } = await bake(order);
    return `cake no. ${number} for ${customer}`;
  },
  {
    persistenceStore,
    // The function has no name. The prefix keeps its keys apart from those of other functions.
    keyPrefix: 'bake-for',
    // The payload is the second argument.
    dataIndexArgument: 1,
    config: { eventKey: (order) => order.orderId },
  },
);
// #endregion prefix
