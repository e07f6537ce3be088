import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { setting } from './environment.ts';

/** One table holds the records of all functions: their keys begin with the function's name. */
export const persistenceStore = new DynamoDBPersistenceLayer({ tableName: setting('IDEMPOTENCY_TABLE') });
