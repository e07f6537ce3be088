import { IdempotencyConfigError } from '../protocol/errors.js';
import { isObject } from '../protocol/values.js';

/** Returns what the value must be, or undefined if it is valid. */
export interface Rule {
  (value: unknown): string | undefined;
  /** Whether the option must be given. */
  readonly isRequired?: boolean;
}
export type OptionRules = Readonly<Record<string, Rule>>;

export const rule =
  (expected: string, isValid: (value: unknown) => boolean): Rule =>
  (value) =>
    isValid(value) ? undefined : expected;

/** The same rule for an option that must be given. */
export const required = (check: Rule): Rule =>
  Object.assign((value: unknown) => check(value), { isRequired: true });

const isWhole = (value: unknown, least: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least;

export const nonEmptyString: Rule = rule(
  'a non-empty string',
  (value) => typeof value === 'string' && value !== '',
);
export const anyString: Rule = rule('a string', (value) => typeof value === 'string');
export const trueOrFalse: Rule = rule('true or false', (value) => typeof value === 'boolean');
export const aFunction: Rule = rule('a function', (value) => typeof value === 'function');
export const wholeFrom = (least: number): Rule =>
  rule(`a whole number of ${least} or more`, (value) => isWhole(value, least));
/** @param inWords the greatest value in other words */
export const wholeBetween = (least: number, most: number, inWords = ''): Rule =>
  rule(
    `a whole number from ${least} to ${most}${inWords && ` (${inWords})`}`,
    (value) => isWhole(value, least) && (value as number) <= most,
  );

/**
 * @param owner whose options these are, as messages name it
 * @throws IdempotencyConfigError that names the option and what it must be; unknown names are rejected
 */
export const checkOptions = (owner: string, rules: OptionRules, options: unknown): void => {
  if (!isObject(options)) throw new IdempotencyConfigError(`${owner} must be an object of options.`);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!check) {
      throw new IdempotencyConfigError(
        `${owner}: unknown option \`${name}\`. Valid options: ${Object.keys(rules).join(', ')}.`,
      );
    }
    const expected = value === undefined ? undefined : check(value);
    if (expected) throw new IdempotencyConfigError(`${owner}: \`${name}\` must be ${expected}.`);
  }
  for (const [name, check] of Object.entries(rules)) {
    if (!check.isRequired || (options as Record<string, unknown>)[name] !== undefined) continue;
    throw new IdempotencyConfigError(`${owner}: \`${name}\` is missing; it must be ${check(undefined)}.`);
  }
};

export const nested =
  (owner: string, rules: OptionRules): Rule =>
  (value) => {
    checkOptions(owner, rules, value);
    return undefined;
  };

export const hasMethods = (value: unknown, ...names: readonly string[]): boolean =>
  isObject(value) && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
