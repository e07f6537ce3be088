import { createHash } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import { client } from './shop/dynamodb-client.ts';
import { setting } from './shop/environment.ts';
import { log } from './shop/log.ts';

const tenants = setting('TENANTS_TABLE');

/** Who the bearer of a token is. The table holds hashes: whoever reads it cannot order in a tenant's name. */
const tenantOf = async (token: string): Promise<string | undefined> => {
  const hash = createHash('sha256').update(token).digest('hex');
  const { Item } = await client.send(
    // Consistent, since API Gateway goes by the answer for five minutes: a new tenant must not be refused for so long.
    new GetItemCommand({ TableName: tenants, Key: { tokenHash: { S: hash } }, ConsistentRead: true }),
  );
  return Item?.['tenant']?.S;
};

/** The tenant becomes `principalId`, which keeps one tenant's idempotency keys from another's. */
export const handler = async ({
  headers,
}: APIGatewayRequestAuthorizerEventV2): Promise<
  APIGatewaySimpleAuthorizerWithContextResult<{ principalId: string }>
> => {
  const [, token] = /^Bearer (.+)$/.exec(headers?.['authorization'] ?? '') ?? [];
  const tenant = token === undefined ? undefined : await tenantOf(token);
  if (tenant === undefined) log('caller refused');
  return { isAuthorized: tenant !== undefined, context: { principalId: tenant ?? '' } };
};
