import { describe, expect, it } from '@jest/globals';
import type { LeanClientConfig } from '../../../../src/stores/dynamodb/lean/config.js';
import { checkClientConfig } from '../../../../src/stores/dynamodb/lean/config.js';
import { endpointOf } from '../../../../src/stores/dynamodb/lean/endpoint.js';
import type { Environment } from '../../../../src/stores/dynamodb/lean/host.js';
import { REGION } from './host.js';

const urlOf = (config: LeanClientConfig, env: Environment = {}): string => {
  const { isSecure, host, path } = endpointOf(config, env);
  return `${isSecure ? 'https' : 'http'}://${host}${path}`;
};

describe('the endpoint of a region', () => {
  it.each([
    ['us-east-1', 'https://dynamodb.us-east-1.amazonaws.com/'],
    ['ap-southeast-7', 'https://dynamodb.ap-southeast-7.amazonaws.com/'],
    ['us-gov-west-1', 'https://dynamodb.us-gov-west-1.amazonaws.com/'],
    ['cn-northwest-1', 'https://dynamodb.cn-northwest-1.amazonaws.com.cn/'],
    ['eusc-de-east-1', 'https://dynamodb.eusc-de-east-1.amazonaws.eu/'],
    ['us-iso-east-1', 'https://dynamodb.us-iso-east-1.c2s.ic.gov/'],
    ['us-isob-east-1', 'https://dynamodb.us-isob-east-1.sc2s.sgov.gov/'],
    ['eu-isoe-west-1', 'https://dynamodb.eu-isoe-west-1.cloud.adc-e.uk/'],
    ['us-isof-south-1', 'https://dynamodb.us-isof-south-1.csp.hci.ic.gov/'],
  ])('%s', (region, url) => {
    expect(urlOf({ region })).toBe(url);
  });

  it('by FIPS, over IPv6, and both; of options before the environment', () => {
    const fips = { AWS_USE_FIPS_ENDPOINT: 'true' };
    const dualStack = { AWS_USE_DUALSTACK_ENDPOINT: 'true' };
    const region = 'us-west-2';
    expect(urlOf({ region }, fips)).toBe('https://dynamodb-fips.us-west-2.amazonaws.com/');
    expect(urlOf({ region }, dualStack)).toBe('https://dynamodb.us-west-2.api.aws/');
    expect(urlOf({ region }, { ...fips, ...dualStack })).toBe('https://dynamodb-fips.us-west-2.api.aws/');
    expect(urlOf({ region: 'cn-north-1', useDualstackEndpoint: true })).toBe(
      'https://dynamodb.cn-north-1.api.amazonwebservices.com.cn/',
    );
    expect(urlOf({ region, useFipsEndpoint: false }, fips)).toBe('https://dynamodb.us-west-2.amazonaws.com/');
  });

  it('is that of the option, else of AWS_REGION, else of AWS_DEFAULT_REGION', () => {
    const env = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' };
    expect(endpointOf({ region: 'eu-west-3' }, env).region).toBe('eu-west-3');
    expect(endpointOf({}, env).region).toBe('eu-west-1');
    expect(endpointOf({}, { ...env, AWS_REGION: '' }).region).toBe('eu-west-2');
  });
});

describe('a named endpoint', () => {
  it('is the option, else the variable of DynamoDB, else that of all services', () => {
    const env = {
      ...REGION,
      AWS_ENDPOINT_URL_DYNAMODB: 'http://localhost:8000',
      AWS_ENDPOINT_URL: 'http://localhost:4566/aws',
    };
    expect(urlOf({ endpoint: 'https://vpce-1.example.com' }, env)).toBe('https://vpce-1.example.com/');
    expect(urlOf({ endpoint: new URL('https://a.example.com:8443/x/') }, env)).toBe(
      'https://a.example.com:8443/x/',
    );
    expect(urlOf({}, env)).toBe('http://localhost:8000/');
    expect(urlOf({}, { ...env, AWS_ENDPOINT_URL_DYNAMODB: '' })).toBe('http://localhost:4566/aws/');
  });

  it.each(['http://localhost:1', 'http://dynamo.localhost', 'http://127.9.8.7:1', 'http://[::1]:1'])(
    '%s needs no TLS',
    (endpoint) => {
      expect(endpointOf({ endpoint, region: 'eu-central-1' }, {}).isSecure).toBe(false);
    },
  );
});

describe('what cannot work', () => {
  const refusal = (config: LeanClientConfig, env: Environment): string => {
    try {
      checkClientConfig(config);
      endpointOf(config, env);
    } catch (error) {
      const { name, message } = error as Error;
      expect(name).toBe('IdempotencyConfigError');
      return message;
    }
    throw new Error('It was not refused');
  };
  const LITE = 'use `lambda-idempotency/dynamodb`, whose client is the AWS SDK';

  it.each<[string, LeanClientConfig, Environment, string]>([
    [
      'no region',
      {},
      {},
      `set \`AWS_REGION\`, or \`clientConfig.region\`. To take it from a profile of ~/.aws/config, ${LITE}`,
    ],
    [
      'a region that is a host',
      { region: 'x.example.com/' },
      {},
      '`clientConfig.region` is not the name of an AWS region',
    ],
    [
      'a region with a break',
      {},
      { AWS_REGION: 'eu-west-1\r\nx' },
      '`AWS_REGION` is not the name of an AWS region',
    ],
    ['no URL', {}, { ...REGION, AWS_ENDPOINT_URL: 'localhost:8000x y' }, '`AWS_ENDPOINT_URL`'],
    ['no URL', { endpoint: 'dynamo' }, REGION, '`clientConfig.endpoint` is not a URL'],
    ['another protocol', { endpoint: 'ftp://a' }, REGION, '`clientConfig.endpoint` must be a URL of https'],
    [
      'a user in it',
      { endpoint: 'https://me:pw@a.example.com' },
      REGION,
      'without a user, a query and a fragment',
    ],
    [
      'a query in it',
      { endpoint: 'https://a.example.com/?x=1' },
      REGION,
      'without a user, a query and a fragment',
    ],
    [
      'no TLS',
      {},
      { ...REGION, AWS_ENDPOINT_URL_DYNAMODB: 'http://dynamo:8000' },
      '`AWS_ENDPOINT_URL_DYNAMODB` (dynamo:8000) is not HTTPS',
    ],
    ['no TLS, in disguise', { endpoint: 'http://127.0.0.1.example.com' }, REGION, LITE],
    ['no TLS, in disguise', { endpoint: 'http://localhost.example.com' }, REGION, LITE],
    [
      'FIPS',
      { endpoint: 'https://a.example.com' },
      { ...REGION, AWS_USE_FIPS_ENDPOINT: 'true' },
      'exclude each other',
    ],
    [
      'neither true nor false',
      {},
      { ...REGION, AWS_USE_FIPS_ENDPOINT: 'yes' },
      '`AWS_USE_FIPS_ENDPOINT` must be true or false',
    ],
    [
      'of an account',
      {},
      { ...REGION, AWS_ACCOUNT_ID_ENDPOINT_MODE: 'required' },
      '`AWS_ACCOUNT_ID_ENDPOINT_MODE`',
    ],
    ["the SDK's option", { profile: 'dev' } as LeanClientConfig, REGION, `unknown option \`profile\``],
    [
      "the SDK's option",
      { profile: 'dev' } as LeanClientConfig,
      REGION,
      `For any other option of a DynamoDBClient, ${LITE}`,
    ],
    ['an agent', { requestHandler: { httpsAgent: {} } as object }, REGION, 'unknown option `httpsAgent`'],
    [
      'a handler',
      { requestHandler: { handle: () => {} } as object },
      REGION,
      'a request handler of your own needs the AWS SDK',
    ],
    ['no attempt', { maxAttempts: 0 }, REGION, '`maxAttempts` must be a whole number from 1 to 10'],
    [
      'no time',
      { requestHandler: { requestTimeout: 0 } },
      REGION,
      '`requestTimeout` must be a whole number from 1',
    ],
  ])('%s', (_name, config, env, message) => {
    expect(refusal(config, env)).toContain(message);
  });
});
