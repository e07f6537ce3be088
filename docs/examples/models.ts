import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { serialized } from 'lambda-idempotency/results';
import { bake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

// #region model
export class Receipt {
  readonly number: number;
  readonly at: Date;

  constructor(number: number, at: Date) {
    this.number = number;
    this.at = at;
  }

  get text(): string {
    return `Cake ${this.number}, ${this.at.toISOString().slice(0, 10)}`;
  }
}

const codec = serialized({
  serialize: ({ number, at }: Receipt) => ({ number, at }),
  // With zod: `(data) => ReceiptSchema.parse(data)`; with class-transformer: `(data) => plainToInstance(Receipt, data)`.
  deserialize: ({ number, at }) => new Receipt(number, at),
});

export const handler = makeIdempotent(
  async (order: Order, _context: Context) => new Receipt((await bake(order)).number, new Date()),
  { persistenceStore, config: { eventKeyJmesPath: 'orderId', codec } },
);
// #endregion model
