import { IdempotencyConfigError } from '../protocol/errors.js';

/** Says what a value should have been, or undefined when it is right. */
export type Rule = (value: unknown) => string | undefined;
export type OptionRules = Readonly<Record<string, Rule>>;

export const rule =
  (expected: string, isRight: (value: unknown) => boolean): Rule =>
  (value) =>
    isRight(value) ? undefined : expected;

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isWhole = (value: unknown, least: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least;

export const text: Rule = rule(
  'a text that is not empty',
  (value) => typeof value === 'string' && value !== '',
);
export const anyText: Rule = rule('a text', (value) => typeof value === 'string');
export const flag: Rule = rule('true or false', (value) => typeof value === 'boolean');
export const method: Rule = rule('a function', (value) => typeof value === 'function');
export const wholeFrom = (least: number): Rule =>
  rule(`a whole number, ${least} or more`, (value) => isWhole(value, least));
/** @param told what the greatest is in other words */
export const wholeBetween = (least: number, most: number, told = ''): Rule =>
  rule(
    `a whole number, ${least} or more, and ${most}${told && ` (${told})`} at most`,
    (value) => isWhole(value, least) && (value as number) <= most,
  );

/**
 * @param owner what the options belong to, as messages name it
 * @throws IdempotencyConfigError naming the option and what it should be; unknown names are refused
 */
export const checkOptions = (owner: string, rules: OptionRules, options: unknown): void => {
  if (!isObject(options)) throw new IdempotencyConfigError(`${owner} must be an object of options.`);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!check) {
      throw new IdempotencyConfigError(
        `${owner}: unknown option \`${name}\`. Known are: ${Object.keys(rules).join(', ')}.`,
      );
    }
    const expected = value === undefined ? undefined : check(value);
    if (expected) throw new IdempotencyConfigError(`${owner}: \`${name}\` must be ${expected}.`);
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
