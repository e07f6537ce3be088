import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import type { JmesPathFunction, JmesPathOptions, PowertoolsFunctions } from '../keys/selection.js';
import { fromBase64 } from '../protocol/base64.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import type { Signatures } from './signatures.js';

/** The most that `powertools_base64_gzip` inflates. SQS and Lambda payloads are far smaller, gzip bombs far larger. */
const MAX_INFLATED_BYTES = 10 * 1024 * 1024;

const json =
  (name: string) =>
  (_: unknown, text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      // The message of JSON.parse may quote the payload.
      throw new KeyMaterialError(`${name}() was called with a string that is not JSON`);
    }
  };

/** Node would replace what is not UTF-8 by U+FFFD: different bytes would become one key. */
const toText = (name: string, bytes: Buffer): string => {
  if (!isUtf8(bytes)) throw new KeyMaterialError(`the argument of ${name}() holds bytes that are not UTF-8`);
  return bytes.toString('utf8');
};

const base64 =
  (name: string) =>
  (_: unknown, text: string): string =>
    toText(name, fromBase64(text, `the argument of ${name}()`));

const inflated = (_: unknown, text: string): string => {
  const bytes = fromBase64(text, 'the argument of powertools_base64_gzip()');
  let content: Buffer;
  try {
    content = gunzipSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch {
    throw new KeyMaterialError(
      `the argument of powertools_base64_gzip() is not gzip, or inflates to more than ${MAX_INFLATED_BYTES} bytes`,
    );
  }
  return toText('powertools_base64_gzip', content);
};

/** The header with this name, in any letter case. A list of equal values counts as one value. */
const header = (_: unknown, headers: object | null, name: string): unknown => {
  if (headers === null) return null;
  const values = Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .flatMap(([, value]) => value);
  const [value, ...others] = new Set(values);
  if (others.length > 0) {
    throw new KeyMaterialError(`the header ${name} occurs more than once with different values`);
  }
  return value ?? null;
};

/** The functions that expressions can call in addition to JMESPath's standard ones. */
export const ownFunctions: Signatures = {
  powertools_json: ['s', json('powertools_json')],
  powertools_base64: ['s', base64('powertools_base64')],
  powertools_base64_gzip: ['s', inflated],
  json: ['s', json('json')],
  base64: ['s', base64('base64')],
  header: ['oz s', header],
};

export const isPowertoolsFunctions = (options: object): options is PowertoolsFunctions =>
  typeof (options as Partial<PowertoolsFunctions>).introspectMethods === 'function';

const toSnakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter, index: number) => (index === 0 ? '' : '_') + letter.toLowerCase());

const fromPowertools = (functions: PowertoolsFunctions): Record<string, JmesPathFunction> => {
  functions.introspectMethods();
  const methods = functions as unknown as Record<string, (args: readonly unknown[]) => unknown>;
  return Object.fromEntries(
    [...functions.methods]
      .filter((method) => /^func[A-Z]/.test(method))
      .map((method) => [
        toSnakeCase(method.slice('func'.length)),
        (...args: unknown[]) => methods[method]?.call(functions, args),
      ]),
  );
};

/** The user's functions by name, whichever way they were given. */
export const asRecord = (
  options: JmesPathOptions | undefined,
): Readonly<Record<string, JmesPathFunction>> => {
  if (options === undefined) return {};
  const functions = 'customFunctions' in options ? options.customFunctions : options;
  if (typeof functions !== 'object' || functions === null) {
    throw new Error('it must be an object of functions by name, or an instance of a class of functions');
  }
  return isPowertoolsFunctions(functions)
    ? fromPowertools(functions)
    : (functions as Readonly<Record<string, JmesPathFunction>>);
};
