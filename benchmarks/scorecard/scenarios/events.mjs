/** Events that scenarios share. */

export const order = { orderId: 'o-1', customer: 'ada', cake: 'lemon', amount: 24 };

export const httpEvent = ({
  key = 'k-1',
  header = 'Idempotency-Key',
  customer = 'ada',
  body = order,
  attempt = 1,
} = {}) => ({
  version: '2.0',
  routeKey: 'POST /orders',
  rawPath: '/orders',
  rawQueryString: '',
  // New on every attempt of a client.
  headers: { [header]: key, 'X-Amzn-Trace-Id': `Root=1-${attempt}` },
  requestContext: {
    http: { method: 'POST', path: '/orders' },
    requestId: `request-${attempt}`,
    timeEpoch: 1_795_293_611_000 + attempt,
    routeKey: 'POST /orders',
    authorizer: { jwt: { claims: { iss: 'https://id.shop.example', sub: customer } } },
  },
  body: JSON.stringify(body),
  isBase64Encoded: false,
});

export const sqsRecord = (messageId, body = order, attempt = 1) => ({
  messageId,
  receiptHandle: `receipt-${messageId}-${attempt}`,
  body: JSON.stringify(body),
  attributes: { ApproximateReceiveCount: `${attempt}`, SentTimestamp: '1795293611000' },
  messageAttributes: {},
  md5OfBody: '0',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:orders',
  awsRegion: 'us-east-1',
});
