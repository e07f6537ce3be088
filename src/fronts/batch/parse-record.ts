import { RecordParseError } from './errors.js';
import { bodyOf } from './record-body.js';
import type { StandardSchema } from './standard-schema.js';
import type { RecordBody } from './types.js';

type Parse = (body: RecordBody, record: never) => unknown;

/** @returns a reader for a record's data; undefined if the handler takes only the record */
export const parserOf = (
  parse: Parse | undefined,
  schema: StandardSchema | undefined,
): ((record: unknown) => Promise<unknown>) | undefined => {
  if (schema) return (record) => validated(schema, bodyOf(record).json());
  return parse && ((record) => parsed(parse, record));
};

const parsed = async (parse: Parse, record: unknown): Promise<unknown> => {
  try {
    return await parse(bodyOf(record), record as never);
  } catch (cause) {
    if (cause instanceof RecordParseError) throw cause;
    // Its message is not quoted, since it may contain the record.
    throw new RecordParseError('The record cannot be parsed: `parse` threw (see `cause`).', { cause });
  }
};

const validated = async (schema: StandardSchema, value: unknown): Promise<unknown> => {
  const result = await schema['~standard'].validate(value);
  if (!result.issues) return result.value;
  const count = result.issues.length;
  throw new RecordParseError(
    `The record does not match the schema: ${count} issue${count === 1 ? '' : 's'} (see \`issues\`).`,
    { issues: result.issues },
  );
};
