import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import type { JmesPathFunction, JmesPathOptions, PowertoolsFunctions } from '../keys/selection.js';
import { fromBase64 } from '../protocol/base64.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import type { Signatures } from './signatures.js';

/** The largest text that `powertools_base64_gzip` inflates to: an SQS or Lambda payload is far smaller, a bomb far larger. */
const MAX_INFLATED_BYTES = 10 * 1024 * 1024;

const json =
  (name: string) =>
  (_: unknown, text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      // JSON.parse's own message quotes the payload.
      throw new KeyMaterialError(`${name}() got a text that is not JSON`);
    }
  };

/** Node would replace what is not UTF-8 by U+FFFD: different bytes would become one key. */
const toText = (name: string, bytes: Buffer): string => {
  if (!isUtf8(bytes)) throw new KeyMaterialError(`${name}() got bytes that are not UTF-8`);
  return bytes.toString('utf8');
};

const base64 =
  (name: string) =>
  (_: unknown, text: string): string =>
    toText(name, fromBase64(text, `what ${name}() got`));

const inflated = (_: unknown, text: string): string => {
  const bytes = fromBase64(text, 'what powertools_base64_gzip() got');
  let content: Buffer;
  try {
    content = gunzipSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch {
    throw new KeyMaterialError(
      `powertools_base64_gzip() got bytes that are not gzip, or that inflate past ${MAX_INFLATED_BYTES} bytes`,
    );
  }
  return toText('powertools_base64_gzip', content);
};

/** A header by its name in any letter case; a list that holds one value twice is that value. */
const header = (_: unknown, headers: object | null, name: string): unknown => {
  if (headers === null) return null;
  const values = Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .flatMap(([, value]) => value);
  const [value, ...others] = new Set(values);
  if (others.length > 0) {
    throw new KeyMaterialError(`the header ${name} occurs more than once, with different values`);
  }
  return value ?? null;
};

/** What expressions may call beside JMESPath's own functions. */
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

/** The user's functions by name, however they were given. */
export const asRecord = (
  options: JmesPathOptions | undefined,
): Readonly<Record<string, JmesPathFunction>> => {
  if (options === undefined) return {};
  const functions = 'customFunctions' in options ? options.customFunctions : options;
  if (typeof functions !== 'object' || functions === null) {
    throw new Error('expected functions by name, or an instance of a class of functions');
  }
  return isPowertoolsFunctions(functions)
    ? fromPowertools(functions)
    : (functions as Readonly<Record<string, JmesPathFunction>>);
};
