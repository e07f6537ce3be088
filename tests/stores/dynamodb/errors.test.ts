import { expect, it } from '@jest/globals';
import { IdempotencyConfigError, IdempotencyPersistenceLayerError } from '../../../src/index.js';
import { isTooLarge, toPersistenceLayerError } from '../../../src/stores/dynamodb/errors.js';
import { DynamoDBPersistenceLayer } from '../../../src/stores/dynamodb/sdk-layer.js';

const named = (name: string, message = ''): Error => Object.assign(new Error(message), { name });
const coded = (code: string, message = ''): Error => Object.assign(new Error(message), { code });

it.each<[string, Error, boolean, string]>([
  [
    'no permission',
    named('AccessDeniedException'),
    false,
    "Access was denied: grant the function's role dynamodb:PutItem on table orders.",
  ],
  [
    'no table',
    named('ResourceNotFoundException'),
    false,
    'Table orders does not exist in this account and region: create it, or correct `tableName`.',
  ],
  [
    'a throttle',
    named('ThrottlingException'),
    true,
    'Table orders was throttled: raise its capacity, or use on-demand billing.',
  ],
  [
    'a wrong request',
    named('ValidationException'),
    false,
    'DynamoDB rejected the request as invalid: check that `keyAttr` and `sortKeyAttr` match the keys of table orders.',
  ],
  [
    'credentials that ended',
    named('ExpiredTokenException', 'The token AQo is expired'),
    false,
    'DynamoDB does not accept the credentials (ExpiredTokenException): renew them, or correct them.',
  ],
  [
    'no credentials',
    named('CredentialsProviderError', 'Could not load credentials from any providers'),
    false,
    "Could not load credentials from any providers. Give the function's client credentials.",
  ],
  [
    'a container without them',
    named('ContainerCredentialsError', 'The container endpoint gave none'),
    true,
    'The container endpoint gave none.',
  ],
  [
    'no region',
    new Error('Region is missing'),
    false,
    'Region is missing. Set `AWS_REGION`, or the `region` of the client.',
  ],
  ['a setting', new IdempotencyConfigError('`AWS_PROFILE` is set.'), false, '`AWS_PROFILE` is set.'],
  [
    'no listener',
    coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'),
    true,
    "No connection (connect ECONNREFUSED 127.0.0.1:1). Check the endpoint, the region and the function's network.",
  ],
  [
    'no listener, on either address',
    Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
    true,
    "No connection (ECONNREFUSED). Check the endpoint, the region and the function's network.",
  ],
  [
    'an unknown host',
    coded('ENOTFOUND', 'getaddrinfo ENOTFOUND x'),
    true,
    "No connection (getaddrinfo ENOTFOUND x). Check the endpoint, the region and the function's network.",
  ],
  [
    'a certificate',
    coded('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'),
    false,
    "The endpoint's certificate is not trusted (self-signed certificate). Correct the endpoint, or add its certificate authority through `NODE_EXTRA_CA_CERTS`.",
  ],
  [
    'a time-out',
    named('TimeoutError', 'no answer within 2000 ms'),
    true,
    'No answer in time (no answer within 2000 ms).',
  ],
  [
    'anything else',
    named('SomethingException', 'with a payload'),
    true,
    'SomethingException; see the cause.',
  ],
])('%s: what to do, and whether to retry', (_name, cause, retryable, reason) => {
  expect(toPersistenceLayerError(cause, 'PutItem', 'orders')).toMatchObject({
    retryable,
    cause,
    message: `dynamodb:PutItem on table orders failed. ${reason}`,
  });
});

it('the SDK without a region is told so by the store, and not retried', async () => {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  delete process.env['AWS_REGION'];
  delete process.env['AWS_DEFAULT_REGION'];
  try {
    const failure = await new DynamoDBPersistenceLayer({ tableName: 't' }).read('k').catch((error) => error);
    expect(failure).toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      message: expect.stringContaining('Region is missing. Set `AWS_REGION`'),
      retryable: false,
    });
  } finally {
    Object.assign(
      process.env,
      { AWS_REGION },
      AWS_DEFAULT_REGION === undefined ? {} : { AWS_DEFAULT_REGION },
    );
  }
});

it('what is described already stays as it is', () => {
  const failure = new IdempotencyPersistenceLayerError('told');
  expect(toPersistenceLayerError(failure, 'GetItem', 'orders')).toBe(failure);
  expect(toPersistenceLayerError(undefined, 'GetItem', 'orders').message).toContain('an unknown error');
});

it('an item too large is known by name and message', () => {
  const tooLarge = 'Item size has exceeded the maximum allowed size';
  expect(isTooLarge(named('ValidationException', tooLarge))).toBe(true);
  expect(isTooLarge(named('ValidationException', 'The key is wrong'))).toBe(false);
  expect(isTooLarge(named('SomethingException', tooLarge))).toBe(false);
});
