import {
  hasMethods,
  nonEmptyString,
  type OptionRules,
  rule,
  trueOrFalse,
  wholeBetween,
} from '../../../core/config/rules.js';
import { IdempotencyConfigError } from '../../../core/protocol/errors.js';
import { isObject } from '../../../core/protocol/values.js';

/** The settings of the lean client, under the AWS SDK's names. */

export interface LeanCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they expire. Default: never. */
  readonly expiration?: Date | undefined;
}

export interface LeanClientConfig {
  /** Default: `AWS_REGION`, else `AWS_DEFAULT_REGION`. */
  region?: string | undefined;
  /** Default: `AWS_ENDPOINT_URL_DYNAMODB`, else `AWS_ENDPOINT_URL`, else the region's. HTTPS, or HTTP on loopback. */
  endpoint?: string | URL | undefined;
  /**
   * Credentials, or a function that loads them, such as a provider of `@aws-sdk/credential-providers`. It is called
   * again before they expire. Default: those of the environment, else of the container endpoint.
   */
  credentials?: LeanCredentials | (() => Promise<LeanCredentials>) | undefined;
  /** How often a request is sent in total, 1 to 10. Default: 3. */
  maxAttempts?: number | undefined;
  /** Default: `AWS_USE_FIPS_ENDPOINT`, else false. */
  useFipsEndpoint?: boolean | undefined;
  /** Default: `AWS_USE_DUALSTACK_ENDPOINT`, else false. */
  useDualstackEndpoint?: boolean | undefined;
  requestHandler?:
    | {
        /** Milliseconds to open a connection, including its TLS handshake. Default: 1,000. */
        connectionTimeout?: number | undefined;
        /** Milliseconds from there to the end of the answer. Default: 2,000. */
        requestTimeout?: number | undefined;
      }
    | undefined;
}

export const OTHER_CLIENT = 'use `lambda-idempotency/dynamodb`, whose client is the AWS SDK';

const OWNER = 'The `clientConfig` of DynamoDBPersistenceLayer (dynamodb-lite)';

export const configError = (problem: string): IdempotencyConfigError => new IdempotencyConfigError(problem);

const timeout = wholeBetween(1, 900_000);

const configRules: OptionRules = {
  region: nonEmptyString,
  endpoint: rule('a URL', (value) => typeof value === 'string' || value instanceof URL),
  credentials: rule(
    'an object with `accessKeyId` and `secretAccessKey`, or a function that loads one',
    (value) =>
      typeof value === 'function' ||
      (isObject(value) && 'accessKeyId' in value && 'secretAccessKey' in value),
  ),
  maxAttempts: wholeBetween(1, 10),
  useFipsEndpoint: trueOrFalse,
  useDualstackEndpoint: trueOrFalse,
  requestHandler: rule(
    'an object with `connectionTimeout` and `requestTimeout`; a request handler of your own needs the AWS SDK',
    (value) => isObject(value) && !hasMethods(value, 'handle'),
  ),
};

const handlerRules: OptionRules = { connectionTimeout: timeout, requestTimeout: timeout };

/** Like `checkOptions`, but an unknown name may well be an option of the AWS SDK. */
const check = (owner: string, rules: OptionRules, options: object): void => {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) {
      throw configError(
        `${owner}: unknown option \`${name}\`. Valid options: ${Object.keys(rules).join(', ')}. ` +
          `For any other option of a DynamoDBClient, ${OTHER_CLIENT}.`,
      );
    }
    const expected = value === undefined ? undefined : rule(value);
    if (expected) throw configError(`${owner}: \`${name}\` must be ${expected}.`);
  }
};

/** @throws IdempotencyConfigError naming the option and what it should be */
export const checkClientConfig = (config: LeanClientConfig): void => {
  check(OWNER, configRules, config);
  if (config.requestHandler) check(`${OWNER}, \`requestHandler\``, handlerRules, config.requestHandler);
};
