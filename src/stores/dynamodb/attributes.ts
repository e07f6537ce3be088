import { IdempotencyConfigError } from '../../core/protocol/errors.js';

/** The names of an item's attributes. No AWS SDK here: the CDK construct makes the table of the same names. */

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
/** How often the call has run, where that is counted. */
export const ATTEMPTS = 'attempts';
/** The codec that reads the data, the data's place beside the record, and why there is no data. */
export const CODEC = 'codec';
export const PARTS = 'parts';
export const NOT_STORED = 'not_stored';
/** Of a record whose function threw: that it did, and what, in place of the data. */
export const FAILED = 'failed';
export const ERROR = 'error';

const OWN = [FENCE, CODEC, PARTS, NOT_STORED, FAILED, ERROR, ATTEMPTS];

/**
 * @param owner what the options belong to, as messages name it
 * @throws IdempotencyConfigError when two attributes have one name
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
  const owners = new Map(OWN.map((name) => [name, `the library's own \`${name}\``]));
  for (const [option, name] of Object.entries(names)) {
    if (name === undefined) continue;
    const other = owners.get(name);
    if (other) {
      throw new IdempotencyConfigError(
        `${owner}: \`${option}\` ("${name}") is the same attribute as ${other}; give it another name.`,
      );
    }
    owners.set(name, `\`${option}\``);
  }
  return attributes;
};
