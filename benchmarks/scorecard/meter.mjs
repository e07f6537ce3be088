/** A client that counts what its requests are billed. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import database from 'dynalite/db/index.js';

const isRead = (commandName) => /^(Get|BatchGet|TransactGet|Query)/.test(commandName);

export function meter(config) {
  const units = { write: 0, read: 0 };
  const count = (commandName, amount) => {
    units[isRead(commandName) ? 'read' : 'write'] += amount;
  };
  const client = new DynamoDBClient(config);
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (request) => {
        request.input.ReturnConsumedCapacity = 'TOTAL';
        try {
          const answer = await next(request);
          for (const each of [answer.output.ConsumedCapacity ?? []].flat()) {
            count(commandName, each.CapacityUnits);
          }
          return answer;
        } catch (error) {
          // Not told by the database: a refused write is billed by the item that it met.
          if (error.name === 'ConditionalCheckFailedException') {
            count(commandName, database.capacityUnits(error.Item, false));
          }
          throw error;
        }
      },
    { step: 'initialize' },
  );
  return { client, units };
}
