import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { IdempotencyConfigOptions } from 'lambda-idempotency';
import { httpApi } from 'lambda-idempotency/sources';

// #region config
export const orderConfig: IdempotencyConfigOptions<APIGatewayProxyEventV2> = {
  source: httpApi(),
  // Each tenant has its own host name, such as ada.cakes.example.
  scope: (event) => event.requestContext.domainName,
  throwOnNoIdempotencyKey: true,
};
// #endregion config
