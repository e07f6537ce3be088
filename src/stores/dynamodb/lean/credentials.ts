import type { Clock } from '../../../core/protocol/clock.js';
import { configError, type LeanClientConfig, type LeanCredentials, OTHER_CLIENT } from './config.js';
import { containerLoader } from './container-credentials.js';
import { type Environment, type Host, isVisible } from './host.js';

/** Where credentials come from. They are never kept past their expiry, and never shown. */

export interface CredentialSource {
  /** @throws IdempotencyConfigError if there are none */
  get(): LeanCredentials | Promise<LeanCredentials>;
  /** Called when DynamoDB says that these have expired: loads others, if possible. */
  forget(ended: LeanCredentials): void;
}

/** Loaded credentials are replaced this long before they expire. */
const RENEW_BEFORE_MS = 300_000;
/** Not used from this long before they expire: the request takes time, and clocks differ. */
const UNUSABLE_BEFORE_MS = 10_000;
/** The shortest time between renewals while the current credentials still work. */
const RENEW_EVERY_MS = 30_000;

/** @param owner where they come from, as messages name it; their values are never shown */
const checked = (owner: string, credentials: LeanCredentials): LeanCredentials => {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  for (const [name, value] of Object.entries({ accessKeyId, secretAccessKey, sessionToken })) {
    if (name === 'sessionToken' && value === undefined) continue;
    if (typeof value !== 'string' || !isVisible(value)) {
      throw configError(
        `${owner}: \`${name}\` must be a string without spaces and line breaks, and not empty.`,
      );
    }
  }
  return credentials;
};

const endOf = ({ expiration }: LeanCredentials): number => {
  const end = expiration?.getTime() ?? Number.POSITIVE_INFINITY;
  return Number.isNaN(end) ? Number.POSITIVE_INFINITY : end;
};

/** Credentials from a function: kept until shortly before they expire, replaced while the old ones still work. */
const loadedCredentials = (
  owner: string,
  load: () => Promise<LeanCredentials>,
  clock: Clock,
): CredentialSource => {
  let known: LeanCredentials | undefined;
  let loading: Promise<LeanCredentials> | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;
  const start = async (): Promise<LeanCredentials> => {
    loadedAt = clock.now();
    try {
      known = checked(owner, await load());
      return known;
    } finally {
      loading = undefined;
    }
  };
  const reload = (): Promise<LeanCredentials> => {
    loading ??= start();
    return loading;
  };
  return {
    get() {
      const now = clock.now();
      if (!known || endOf(known) - now <= UNUSABLE_BEFORE_MS) return reload();
      if (endOf(known) - now <= RENEW_BEFORE_MS && now - loadedAt >= RENEW_EVERY_MS) {
        // Not awaited: a failure surfaces once the current ones have expired.
        reload().catch(() => {});
      }
      return known;
    },
    forget(ended) {
      if (known === ended) known = undefined;
    },
  };
};

const fixedCredentials = (given: LeanCredentials): CredentialSource => {
  const credentials = Object.freeze({ ...checked('`clientConfig.credentials`', given) });
  return { get: () => credentials, forget: () => {} };
};

/** As Lambda provides them. The variables may change while the process runs: some hosts rotate keys that way. */
const environmentCredentials = (host: Host): CredentialSource => {
  let known: LeanCredentials | undefined;
  return {
    get() {
      const { env } = host;
      const accessKeyId = env['AWS_ACCESS_KEY_ID'] ?? '';
      const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] ?? '';
      const sessionToken = env['AWS_SESSION_TOKEN'] || undefined;
      const until = env['AWS_CREDENTIAL_EXPIRATION'];
      if (until && Date.parse(until) <= host.clock.now()) {
        throw configError(
          'The credentials in the environment have expired (`AWS_CREDENTIAL_EXPIRATION`): renew them.',
        );
      }
      const isKnown =
        known?.accessKeyId === accessKeyId &&
        known.secretAccessKey === secretAccessKey &&
        known.sessionToken === sessionToken;
      if (!known || !isKnown) {
        known = checked('`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`', {
          accessKeyId,
          secretAccessKey,
          sessionToken,
        });
      }
      return known;
    },
    forget: () => {},
  };
};

const WAYS_OUT = `pass \`clientConfig.credentials\`, or ${OTHER_CLIENT}`;

const noCredentials = (env: Environment): Error => {
  const { AWS_PROFILE, AWS_WEB_IDENTITY_TOKEN_FILE } = env;
  const problem =
    'The DynamoDB client has no credentials: neither `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` nor ' +
    '`AWS_CONTAINER_CREDENTIALS_FULL_URI` nor `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` is set.';
  const only = AWS_PROFILE
    ? ' `AWS_PROFILE` is, but profiles are read by the AWS SDK only.'
    : AWS_WEB_IDENTITY_TOKEN_FILE
      ? ' `AWS_WEB_IDENTITY_TOKEN_FILE` is, but that is read by the AWS SDK only.'
      : '';
  return configError(`${problem}${only} Set them, ${WAYS_OUT}.`);
};

/** @throws IdempotencyConfigError if there are none, or if the AWS SDK would use different ones */
export const credentialSourceOf = ({ credentials }: LeanClientConfig, host: Host): CredentialSource => {
  if (typeof credentials === 'function') {
    return loadedCredentials('`clientConfig.credentials`', credentials, host.clock);
  }
  if (credentials) return fixedCredentials(credentials);
  const { env } = host;
  const hasId = Boolean(env['AWS_ACCESS_KEY_ID']);
  const hasSecret = Boolean(env['AWS_SECRET_ACCESS_KEY']);
  if (hasId !== hasSecret) {
    const missing = hasId ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID';
    throw configError(`\`${missing}\` is not set, but its counterpart is: set both.`);
  }
  if (hasId && env['AWS_PROFILE']) {
    throw configError(
      '`AWS_PROFILE` is set beside `AWS_ACCESS_KEY_ID`: the AWS SDK would take the profile, which this client cannot ' +
        `read. Unset one of them, ${WAYS_OUT}.`,
    );
  }
  if (hasId) {
    const source = environmentCredentials(host);
    void source.get();
    return source;
  }
  const load = containerLoader(host);
  if (!load) throw noCredentials(env);
  return loadedCredentials('The container endpoint', load, host.clock);
};
