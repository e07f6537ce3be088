import type { APIGatewayProxyEventV2WithLambdaAuthorizer } from 'aws-lambda';
import type { IdempotencyConfigOptions } from 'lambda-idempotency';
import { httpApi } from 'lambda-idempotency/sources';

// #region principal
type Request = APIGatewayProxyEventV2WithLambdaAuthorizer<{ tenantId: string; userId: string }>;

export const tenantConfig: IdempotencyConfigOptions<Request> = {
  source: httpApi({
    principal: ({ requestContext }: Request) => {
      const { tenantId, userId } = requestContext.authorizer.lambda;
      return [tenantId, userId];
    },
  }),
  throwOnNoIdempotencyKey: true,
};
// #endregion principal
