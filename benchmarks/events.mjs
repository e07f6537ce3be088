/**
 * The events that the columns are measured with. All are made here, without randomness from outside, so that
 * two runs on two machines hash the same bytes.
 */

/** A small linear congruential generator: repeatable, and good enough to make values differ. */
function numbersFrom(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const small = {
  orderId: 'ord_8f3c1d20',
  customer: { id: 'cus_55120', tier: 'gold' },
  items: [
    { sku: 'cake-lemon', quantity: 1, unitPrice: 24.9 },
    { sku: 'candle-small', quantity: 12, unitPrice: 0.45 },
  ],
  currency: 'EUR',
  total: 30.3,
};

const headers = {
  Accept: 'application/json, text/plain, */*',
  'Accept-Encoding': 'gzip, deflate, br',
  'Accept-Language': 'en-GB,en;q=0.9,de;q=0.8',
  Authorization: `Bearer ${'eyJraWQiOiJiZW5jaCJ9'.repeat(8)}`,
  'CloudFront-Forwarded-Proto': 'https',
  'CloudFront-Is-Desktop-Viewer': 'true',
  'CloudFront-Is-Mobile-Viewer': 'false',
  'CloudFront-Viewer-Country': 'DE',
  'Content-Type': 'application/json',
  Host: 'api.shop.example',
  'Idempotency-Key': '7b6d0c1e-0c5a-4b0e-9d3c-2f4f5f9a1c77',
  origin: 'https://shop.example',
  'User-Agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  Via: '2.0 edge.shop.example (CloudFront)',
  'X-Amzn-Trace-Id': 'Root=1-69202f2b-4f1f0d5e2a7c5a1b0c9d8e7f',
  'X-Forwarded-For': '198.51.100.24, 203.0.113.9',
  'X-Forwarded-Port': '443',
  'X-Forwarded-Proto': 'https',
};

/** As a REST API with a Cognito authoriser hands it over: names and nesting as in production, values invented. */
const apiGateway = {
  resource: '/v1/orders',
  path: '/v1/orders',
  httpMethod: 'POST',
  headers,
  multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  queryStringParameters: { dryRun: 'false', channel: 'web' },
  pathParameters: null,
  stageVariables: null,
  requestContext: {
    resourceId: 'a1b2c3',
    authorizer: {
      claims: {
        sub: '0b5f1f0e-93a5-4c2e-8a9c-3a0d2f4f7e61',
        aud: '5c3tq9l0examplepool',
        email_verified: 'true',
        event_id: 'd2a3f1c4-6a57-4e0e-a0d6-7f1f2f3c4b5a',
        token_use: 'id',
        auth_time: '1763755000',
        iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example',
        'cognito:username': 'ada',
        exp: 'Fri Nov 21 21:36:40 UTC 2026',
        iat: 'Fri Nov 21 20:36:40 UTC 2026',
        email: 'ada@shop.example',
      },
    },
    resourcePath: '/v1/orders',
    httpMethod: 'POST',
    extendedRequestId: 'UaBcDeFgHiJkLmN=',
    requestTime: '21/Nov/2026:20:40:11 +0000',
    path: '/prod/v1/orders',
    accountId: '000000000000',
    protocol: 'HTTP/1.1',
    stage: 'prod',
    domainPrefix: 'api',
    requestTimeEpoch: 1_795_293_611_000,
    requestId: '4c1f9d2b-7a0e-4c8f-8e41-5bb1f0a7f2a9',
    identity: {
      cognitoIdentityPoolId: null,
      accountId: null,
      cognitoIdentityId: null,
      caller: null,
      sourceIp: '198.51.100.24',
      principalOrgId: null,
      accessKey: null,
      cognitoAuthenticationType: null,
      cognitoAuthenticationProvider: null,
      userArn: null,
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
      user: null,
    },
    domainName: 'api.shop.example',
    apiId: 'q1w2e3r4t5',
  },
  body: JSON.stringify({
    ...small,
    shipTo: { name: 'Ada Example', street: '12 Analytical Row', city: 'Berlin', postcode: '10115' },
    notes: 'Please ring twice. Gäste warten schon.',
  }),
  isBase64Encoded: false,
};

/** A batch of orders that serialises to at least `bytes` bytes: many nested objects, few distinct key names. */
function batchOf(bytes, { distinctKeys = false } = {}) {
  const next = numbersFrom(20_261_121);
  const batch = { source: 'nightly-import', createdAt: '2026-11-21T20:00:00.000Z', orders: [] };
  for (let length = JSON.stringify(batch).length; length < bytes; ) {
    const order = orderNumber(batch.orders.length, next);
    batch.orders.push(distinctKeys ? withOwnNames(order, batch.orders.length) : order);
    length += JSON.stringify(batch.orders.at(-1)).length + 1;
  }
  return batch;
}

function orderNumber(index, next) {
  return {
    orderId: `ord_${index.toString(36)}_${next(1e9).toString(36)}`,
    customer: {
      id: `cus_${next(1e6)}`,
      name: `Customer ${next(1e6)} von Müller`,
      address: { street: `${next(300)} Harbour Road`, city: 'Hamburg', postcode: `2${next(9999)}` },
    },
    placedAt: new Date(1_795_000_000_000 + next(1e8)).toISOString(),
    gift: next(2) === 0,
    coupon: next(3) === 0 ? `SAVE${next(50)}` : null,
    lines: Array.from({ length: 1 + next(5) }, () => ({
      sku: `sku-${next(1e5)}`,
      title: `Item "${next(1e4)}", size ${next(50)}`,
      quantity: 1 + next(9),
      unitPrice: next(100_000) / 100,
      tax: { rate: 0.19, amount: next(10_000) / 100 },
      tags: ['new', `tag-${next(40)}`],
    })),
  };
}

/** Gives every key of the tree a name of its own: the shape (maps keyed by an id) that key-based sorting likes least. */
function withOwnNames(value, suffix) {
  if (Array.isArray(value)) return value.map((each, index) => withOwnNames(each, `${suffix}_${index}`));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [`${key}_${suffix}`, withOwnNames(each, suffix)]),
  );
}

/** Lambda hands over what `JSON.parse` made, and V8 lays such objects out differently from literals. */
const received = (event) => JSON.parse(JSON.stringify(event));

const makers = {
  small: () => small,
  'API Gateway': () => apiGateway,
  '256 KB': () => batchOf(256 * 1024),
  '1.3 MB': () => batchOf(1_300_000),
  '1.3 MB, every key name distinct': () => batchOf(1_300_000, { distinctKeys: true }),
};

const made = new Map();

/** Made when first asked for: megabytes that wait for their turn would slow the collector down under the small ones. */
export function eventNamed(name) {
  if (!made.has(name)) made.set(name, received(makers[name]()));
  return made.get(name);
}

export const hashEvents = Object.keys(makers);

/** The last one is only hashed: the worst case for a canonical form that depends on the number of key names. */
export const callEvents = hashEvents.slice(0, -1);

export const lambdaContext = {
  functionName: 'bench',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:bench',
  memoryLimitInMB: '1024',
  awsRequestId: '4c1f9d2b-7a0e-4c8f-8e41-5bb1f0a7f2a9',
  logGroupName: '/aws/lambda/bench',
  logStreamName: '2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef',
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => 30_000,
  done() {},
  fail() {},
  succeed() {},
};
