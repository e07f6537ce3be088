import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import type { JmesPathFunction, JmesPathOptions, PowertoolsFunctions } from '../keys/selection.js';
import { fromBase64 } from '../protocol/base64.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import { type FunctionEntry, type FunctionTable, standardFunctions } from './functions.js';

/** The most that `powertools_base64_gzip` inflates. SQS and Lambda payloads are far smaller, gzip bombs far larger. */
const MAX_INFLATED_BYTES = 10 * 1024 * 1024;

const json = (name: string): FunctionEntry => [
  'string',
  (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      // The message of JSON.parse may quote the payload.
      throw new KeyMaterialError(`the argument of ${name}() is not JSON`);
    }
  },
];

const inflated = (bytes: Buffer, argument: string): Buffer => {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch {
    throw new KeyMaterialError(
      `${argument} is not gzip, or inflates to more than ${MAX_INFLATED_BYTES} bytes`,
    );
  }
};

/** Node would replace bytes that are not UTF-8 by U+FFFD: different bytes would become one key. */
const base64 = (name: string, decode = (bytes: Buffer, _: string): Buffer => bytes): FunctionEntry => [
  'string',
  (text: string): string => {
    const argument = `the argument of ${name}()`;
    const bytes = decode(fromBase64(text, argument), argument);
    if (!isUtf8(bytes)) throw new KeyMaterialError(`${argument} holds bytes that are not UTF-8`);
    return bytes.toString();
  },
];

/** The header with this name, in any letter case. A list of equal values counts as one value. */
const header = (headers: object | null, name: string): unknown => {
  const values = Object.entries(headers ?? {})
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .flatMap(([, value]) => value);
  const [value, ...others] = new Set(values);
  if (others.length > 0) {
    throw new KeyMaterialError(`the header ${name} occurs more than once with different values`);
  }
  return value;
};

/** The functions that expressions can call in addition to JMESPath's standard ones. */
export const ownFunctions: FunctionTable = {
  powertools_json: json('powertools_json'),
  powertools_base64: base64('powertools_base64'),
  powertools_base64_gzip: base64('powertools_base64_gzip', inflated),
  json: json('json'),
  base64: base64('base64'),
  header: ['object|null string', header],
};

const isPowertools = (functions: object): functions is PowertoolsFunctions =>
  typeof (functions as Partial<PowertoolsFunctions>).introspectMethods === 'function';

const toSnakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter, index: number) => (index === 0 ? '' : '_') + letter.toLowerCase());

/** Its own methods: the class inherits JMESPath's. */
const fromPowertools = (functions: PowertoolsFunctions): Record<string, JmesPathFunction> => {
  functions.introspectMethods();
  const methods = functions as unknown as Record<string, (args: readonly unknown[]) => unknown>;
  return Object.fromEntries(
    [...functions.methods]
      .filter((method) => /^func[A-Z]/.test(method))
      .map(
        (method) =>
          [
            toSnakeCase(method.slice('func'.length)),
            (...args: unknown[]) => methods[method]?.call(functions, args),
          ] as const,
      )
      .filter(([name]) => !Object.hasOwn(standardFunctions, name)),
  );
};

/** The user's functions by name, in whichever form they were given. */
export const asRecord = (options: JmesPathOptions = {}): Readonly<Record<string, JmesPathFunction>> => {
  const functions = 'customFunctions' in options ? options.customFunctions : options;
  if (typeof functions !== 'object' || functions === null) {
    throw new Error('it must be an object of functions by name, or an instance of a class of functions');
  }
  return isPowertools(functions)
    ? fromPowertools(functions)
    : (functions as Readonly<Record<string, JmesPathFunction>>);
};
