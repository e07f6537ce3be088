import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { makeHandlerIdempotent } from 'lambda-idempotency/middleware';
import { bake, type Cake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

export const handler = middy<Order, Cake, Error, Context>()
  // Before the middlewares that change the event, so that the key is made from the event as it arrived.
  .use(makeHandlerIdempotent({ persistenceStore, config: { eventKeyJmesPath: 'orderId' } }))
  .handler(async (order) => bake(order));
