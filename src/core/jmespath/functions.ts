import { gunzipSync } from 'node:zlib';
import { type InputSignature, TYPE_NULL, TYPE_OBJECT, TYPE_STRING } from '@jmespath-community/jmespath';
import type { JmesPathFunction, JmesPathOptions, PowertoolsFunctions } from '../keys/selection.js';
import { fromBase64 } from '../protocol/base64.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';

/** The most that `powertools_base64_gzip` inflates. SQS and Lambda payloads are far smaller, gzip bombs far larger. */
const MAX_INFLATED_BYTES = 10 * 1024 * 1024;

const json =
  (name: string) =>
  (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      // The message of JSON.parse may quote the payload.
      throw new KeyMaterialError(`${name}() was called with a string that is not JSON`);
    }
  };

const base64 =
  (name: string) =>
  (text: string): string =>
    fromBase64(text, `the argument of ${name}()`).toString('utf8');

const inflate = (text: string): string => {
  const bytes = fromBase64(text, 'the argument of powertools_base64_gzip()');
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES }).toString('utf8');
  } catch {
    throw new KeyMaterialError(
      `the argument of powertools_base64_gzip() is not gzip, or inflates to more than ${MAX_INFLATED_BYTES} bytes`,
    );
  }
};

/** The header with this name, in any letter case. A list of equal values counts as one value. */
const header = (headers: object | null, name: string): unknown => {
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

const TEXT: InputSignature[] = [{ types: [TYPE_STRING] }];

/** The functions that expressions can call in addition to JMESPath's standard ones. */
export const builtIn: Readonly<
  Record<string, readonly [call: (...args: never[]) => unknown, signature: InputSignature[]]>
> = {
  powertools_json: [json('powertools_json'), TEXT],
  powertools_base64: [base64('powertools_base64'), TEXT],
  powertools_base64_gzip: [inflate, TEXT],
  json: [json('json'), TEXT],
  base64: [base64('base64'), TEXT],
  header: [header, [{ types: [TYPE_OBJECT, TYPE_NULL] }, ...TEXT]],
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
