import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** For the shop's own tables. By default, the SDK would wait for an answer longer than any function here runs. */
export const client = new DynamoDBClient({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
});
