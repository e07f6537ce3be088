import type { Context } from 'aws-lambda';
import { IdempotencyConfig, idempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Cake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });
const config = new IdempotencyConfig({ eventKeyJmesPath: 'orderId' });

class Bakery {
  readonly #greeting = 'Enjoy';

  async handler(order: Order, context: Context): Promise<string> {
    config.registerLambdaContext(context);
    const cake = await this.bakeOnce(order);
    return `${this.#greeting} cake no. ${cake.number}`;
  }

  @idempotent({ persistenceStore, config })
  async bakeOnce(order: Order): Promise<Cake> {
    return bake(order);
  }
}

const bakery = new Bakery();
export const handler = bakery.handler.bind(bakery);
