import { configError, type LeanClientConfig, OTHER_CLIENT } from './config.js';
import { type Environment, isLoopback } from './host.js';

/** Where requests go, and which region they are signed for. */

export interface Endpoint {
  readonly isSecure: boolean;
  readonly hostname: string;
  /** Undefined: the protocol's default port. */
  readonly port: number | undefined;
  /** The header `host`. */
  readonly host: string;
  /** Ends with a slash. */
  readonly path: string;
  readonly region: string;
}

/** By the start of a region's name: the domain of its endpoints, and of its dual-stack (IPv6) endpoints. */
const partitions: readonly (readonly [start: string, domain: string, dualStack: string])[] = [
  ['cn-', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  ['eusc-', 'amazonaws.eu', 'api.amazonwebservices.eu'],
  ['us-iso-', 'c2s.ic.gov', 'api.aws.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov', 'api.aws.scloud'],
  ['eu-isoe-', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  ['', 'amazonaws.com', 'api.aws'],
];

const REGION = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** The first value that is set, with the name of its option or variable. */
const firstOf = <T>(
  ...values: readonly (readonly [name: string, value: T | undefined])[]
): [string, T] | undefined => {
  for (const [name, value] of values) if (value !== undefined && value !== '') return [name, value];
  return undefined;
};

const fromEnv = (env: Environment, name: string): [string, string | undefined] => [`\`${name}\``, env[name]];

const regionOf = (config: LeanClientConfig, env: Environment): string => {
  const found = firstOf(
    ['`clientConfig.region`', config.region],
    fromEnv(env, 'AWS_REGION'),
    fromEnv(env, 'AWS_DEFAULT_REGION'),
  );
  if (!found) {
    throw configError(
      'The DynamoDB client has no region: set `AWS_REGION`, or `clientConfig.region`. ' +
        `To take it from a profile of ~/.aws/config, ${OTHER_CLIENT}.`,
    );
  }
  const [name, region] = found;
  if (!REGION.test(region)) throw configError(`${name} is not the name of an AWS region.`);
  return region;
};

const isOn = (option: boolean | undefined, env: Environment, name: string): boolean => {
  if (option !== undefined) return option;
  const value = env[name]?.toLowerCase();
  if (value !== undefined && !['', 'true', 'false'].includes(value)) {
    throw configError(`\`${name}\` must be true or false.`);
  }
  return value === 'true';
};

const urlOf = (name: string, text: string | URL): URL => {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw configError(`${name} is not a URL; it must be like https://dynamodb.eu-central-1.amazonaws.com.`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw configError(`${name} must be a URL of https, or of http on loopback.`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw configError(`${name} must be a URL without a user, a query and a fragment.`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw configError(
      `${name} (${url.host}) is not HTTPS, and not on this machine: records would cross the network in plain text. ` +
        `Use an endpoint of https; if it must be http, ${OTHER_CLIENT}.`,
    );
  }
  return url;
};

const urlOfRegion = (region: string, fips: boolean, dualStack: boolean): URL => {
  const [, domain, dualStackDomain] = partitions.find(([start]) => region.startsWith(start)) ?? ['', '', ''];
  return new URL(`https://dynamodb${fips ? '-fips' : ''}.${region}.${dualStack ? dualStackDomain : domain}`);
};

/** @throws IdempotencyConfigError that names the option or variable, and the remedy */
export const endpointOf = (config: LeanClientConfig, env: Environment): Endpoint => {
  const region = regionOf(config, env);
  const fips = isOn(config.useFipsEndpoint, env, 'AWS_USE_FIPS_ENDPOINT');
  const dualStack = isOn(config.useDualstackEndpoint, env, 'AWS_USE_DUALSTACK_ENDPOINT');
  const given = firstOf<string | URL>(
    ['`clientConfig.endpoint`', config.endpoint],
    fromEnv(env, 'AWS_ENDPOINT_URL_DYNAMODB'),
    fromEnv(env, 'AWS_ENDPOINT_URL'),
  );
  if (given && (fips || dualStack)) {
    const other = fips ? '`AWS_USE_FIPS_ENDPOINT`' : '`AWS_USE_DUALSTACK_ENDPOINT`';
    throw configError(`${given[0]} and ${other} (or its option) exclude each other: remove one.`);
  }
  if (env['AWS_ACCOUNT_ID_ENDPOINT_MODE'] === 'required') {
    throw configError(
      `\`AWS_ACCOUNT_ID_ENDPOINT_MODE\` is required: for endpoints of an account, ${OTHER_CLIENT}.`,
    );
  }
  const url = given ? urlOf(...given) : urlOfRegion(region, fips, dualStack);
  return {
    isSecure: url.protocol === 'https:',
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? undefined : Number(url.port),
    host: url.host,
    // In the form that is signed: without empty segments.
    path: `${url.pathname}/`.replace(/\/{2,}/g, '/'),
    region,
  };
};
