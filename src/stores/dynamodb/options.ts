import {
  checkOptions,
  nonEmptyString,
  type OptionRules,
  type Rule,
  required,
} from '../../core/config/rules.js';
import { IdempotencyConfigError } from '../../core/protocol/errors.js';

/** Options of the table and its attributes, the same for both clients. */
export interface TableOptions {
  /** Name of the table. Required. */
  tableName: string;
  /** The partition key's attribute. Default: `'id'`. */
  keyAttr?: string | undefined;
  /** The sort key's attribute, if the table has one. It then holds the idempotency key. Default: no sort key. */
  sortKeyAttr?: string | undefined;
  /**
   * With `sortKeyAttr`: the partition key of all records. Default: a partition per record, which spreads the load.
   * Without `sortKeyAttr`: ignored, with the warning `IDEMPOTENCY_STATIC_PK_VALUE`.
   */
  staticPkValue?: string | undefined;
  /** Attribute with the record's status. Default: `'status'`. */
  statusAttr?: string | undefined;
  /** The TTL attribute, in epoch seconds. Default: `'expiration'`. */
  expiryAttr?: string | undefined;
  /** Attribute with the end of the lease, in epoch milliseconds. Default: `'in_progress_expiration'`. */
  inProgressExpiryAttr?: string | undefined;
  /** Attribute with the stored result. Default: `'data'`. */
  dataAttr?: string | undefined;
  /** Attribute with the fingerprint. Default: `'validation'`. */
  validationKeyAttr?: string | undefined;
}

const tableRules = {
  tableName: required(nonEmptyString),
  keyAttr: nonEmptyString,
  sortKeyAttr: nonEmptyString,
  staticPkValue: nonEmptyString,
  statusAttr: nonEmptyString,
  expiryAttr: nonEmptyString,
  inProgressExpiryAttr: nonEmptyString,
  dataAttr: nonEmptyString,
  validationKeyAttr: nonEmptyString,
} satisfies Record<keyof TableOptions, Rule>;

export const OWNER = 'The options of DynamoDBPersistenceLayer';

export const optionError = (problem: string): IdempotencyConfigError =>
  new IdempotencyConfigError(`${OWNER}: ${problem}`);

/**
 * @param rules rules of the options that belong to the client
 * @throws IdempotencyConfigError that names the option and what it must be
 */
export const checkTableOptions = (options: TableOptions, rules: OptionRules): void => {
  checkOptions(OWNER, { ...tableRules, ...rules }, options);
  if (options.staticPkValue !== undefined && options.sortKeyAttr === undefined) {
    // As in Powertools, whose users have it in their code: without a sort key, all records would have one key.
    process.emitWarning(
      `${OWNER}: \`staticPkValue\` has no effect without \`sortKeyAttr\`. Remove it, or set \`sortKeyAttr\` if the table has a sort key.`,
      { type: 'IdempotencyWarning', code: 'IDEMPOTENCY_STATIC_PK_VALUE' },
    );
  }
};
