import { checkOptions, type OptionRules, type Rule, text } from '../../core/config/rules.js';
import { IdempotencyConfigError } from '../../core/protocol/errors.js';

/** The table and the names of its attributes: what every DynamoDB store takes, whatever its client. */
export interface TableOptions {
  tableName: string;
  /** Partition key. Default: `'id'`. */
  keyAttr?: string | undefined;
  /** Sort key, for a table that has one; it then holds the idempotency key. */
  sortKeyAttr?: string | undefined;
  /** With `sortKeyAttr`: one partition key for all records. Default: a partition per record, which spreads the load. */
  staticPkValue?: string | undefined;
  /** Default: `'status'`. */
  statusAttr?: string | undefined;
  /** The TTL attribute, epoch seconds. Default: `'expiration'`. */
  expiryAttr?: string | undefined;
  /** End of the lease, epoch milliseconds. Default: `'in_progress_expiration'`. */
  inProgressExpiryAttr?: string | undefined;
  /** The stored result. Default: `'data'`. */
  dataAttr?: string | undefined;
  /** The fingerprint. Default: `'validation'`. */
  validationKeyAttr?: string | undefined;
}

const tableRules = {
  tableName: text,
  keyAttr: text,
  sortKeyAttr: text,
  staticPkValue: text,
  statusAttr: text,
  expiryAttr: text,
  inProgressExpiryAttr: text,
  dataAttr: text,
  validationKeyAttr: text,
} satisfies Record<keyof TableOptions, Rule>;

export const OWNER = 'The options of DynamoDBPersistenceLayer';

export const optionError = (problem: string): IdempotencyConfigError =>
  new IdempotencyConfigError(`${OWNER}: ${problem}`);

/**
 * @param rules of the options beside the table's
 * @throws IdempotencyConfigError naming the option and what it should be
 */
export const checkTableOptions = (options: TableOptions, rules: OptionRules): void => {
  checkOptions(OWNER, { ...tableRules, ...rules }, options);
  if (options.tableName === undefined) throw optionError('`tableName` is missing.');
  if (options.staticPkValue !== undefined && options.sortKeyAttr === undefined) {
    throw optionError('`staticPkValue` needs `sortKeyAttr`: without a sort key, all records would be one.');
  }
};
