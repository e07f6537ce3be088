import {
  aFunction,
  checkOptions,
  nonEmptyString,
  type OptionRules,
  rule,
  wholeFrom,
} from '../core/config/rules.js';

/** Options of the HTTP presets. `Event` is what `principal` gets. */
export interface HttpSourceOptions<Event = unknown> {
  /** Header that holds the key, in any letter case. Default: the well-known headers, then well-known fields of a JSON body. */
  readonly header?: string;
  /** Field of the JSON body that holds the key, such as `'payment.token'`. Default: none. */
  readonly bodyField?: string;
  /** How long clients may retry, in seconds. Default: 86,400 (24 hours, as long as Stripe stores keys). */
  readonly windowSeconds?: number;
  /**
   * Returns the caller, instead of the one that the preset finds in the event. It is called for every event, and must
   * return a non-empty string or an array of them. Otherwise, or if it throws, the call is refused with
   * `IdempotencyKeyError`.
   */
  principal?(event: Event): string | readonly string[];
  /**
   * What identifies an IAM caller with an assumed role. `'role'`: account and role; sessions of one role share keys.
   * `'session'`: the whole ARN, whose session name may be new after a restart of the caller. Default: `'role'`.
   */
  readonly iamIdentity?: 'role' | 'session';
}

const rules: OptionRules = {
  header: nonEmptyString,
  bodyField: nonEmptyString,
  windowSeconds: wholeFrom(1),
  principal: aFunction,
  iamIdentity: rule("'role' or 'session'", (value) => value === 'role' || value === 'session'),
};

/** @throws IdempotencyConfigError naming the option and what it should be */
export const checkHttpOptions = (preset: string, options: unknown): void =>
  checkOptions(`${preset}()`, rules, options);
