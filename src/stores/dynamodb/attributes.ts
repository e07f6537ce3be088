import { IdempotencyConfigError } from '../../core/protocol/errors.js';

/** Names of an item's attributes. No AWS SDK here, since the CDK construct uses this file too. */

export interface AttributeOptions {
  keyAttr?: string | undefined;
  sortKeyAttr?: string | undefined;
  staticPkValue?: string | undefined;
  statusAttr?: string | undefined;
  expiryAttr?: string | undefined;
  inProgressExpiryAttr?: string | undefined;
  dataAttr?: string | undefined;
  validationKeyAttr?: string | undefined;
}

export interface Attributes {
  readonly keyAttr: string;
  readonly sortKeyAttr: string | undefined;
  readonly staticPkValue: string | undefined;
  readonly statusAttr: string;
  readonly expiryAttr: string;
  readonly inProgressExpiryAttr: string;
  readonly dataAttr: string;
  readonly validationKeyAttr: string;
}

/** The claim's fence. */
export const FENCE = 'fence';
/** How often the call has run, with `maxAttempts`. */
export const ATTEMPTS = 'attempts';
/** For anyone who inspects the item: the Lambda request id of the claim, and the times of claim and settle. */
export const REQUEST_ID = 'request_id';
export const CLAIMED_AT = 'claimed_at';
export const SETTLED_AT = 'settled_at';
/** The codec that reads the data; where data outside the record is; why no data was stored. */
export const CODEC = 'codec';
export const PARTS = 'parts';
export const NOT_STORED = 'not_stored';
/** For a function that threw: a flag, and the error in place of the data. */
export const FAILED = 'failed';
export const ERROR = 'error';

/** With a sort key, the partition of a record is this and its key, unless `staticPkValue` names one. */
export const PARTITION_PREFIX = 'idempotency#';

const RESERVED = [
  FENCE,
  ATTEMPTS,
  REQUEST_ID,
  CLAIMED_AT,
  SETTLED_AT,
  CODEC,
  PARTS,
  NOT_STORED,
  FAILED,
  ERROR,
];

/**
 * @param owner how messages name the options
 * @throws IdempotencyConfigError if two attributes have the same name
 */
export const attributesOf = (owner: string, options: AttributeOptions): Attributes => {
  const attributes = {
    keyAttr: options.keyAttr ?? 'id',
    sortKeyAttr: options.sortKeyAttr,
    staticPkValue: options.staticPkValue,
    statusAttr: options.statusAttr ?? 'status',
    expiryAttr: options.expiryAttr ?? 'expiration',
    inProgressExpiryAttr: options.inProgressExpiryAttr ?? 'in_progress_expiration',
    dataAttr: options.dataAttr ?? 'data',
    validationKeyAttr: options.validationKeyAttr ?? 'validation',
  };
  const { staticPkValue: _, ...names } = attributes;
  const owners = new Map(RESERVED.map((name) => [name, `the library's own \`${name}\``]));
  for (const [option, name] of Object.entries(names)) {
    if (name === undefined) continue;
    const other = owners.get(name);
    if (other) {
      throw new IdempotencyConfigError(
        `${owner}: \`${option}\` ("${name}") names the same attribute as ${other}; choose another name.`,
      );
    }
    owners.set(name, `\`${option}\``);
  }
  return attributes;
};
