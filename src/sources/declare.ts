import type { Context } from 'aws-lambda';
import { KeyMaterialError } from '../core/protocol/key-material-error.js';
import type { EventSource, SourceReading } from '../core/protocol/source.js';
import { type Recognised, recognise } from './recognise.js';

/** One field that may hold the key. */
export interface KeyField<Event> {
  readonly madeBy: SourceReading['madeBy'];
  /** Returns `undefined` if the field is absent: the next one is read. Throws `KeyMaterialError` for a malformed key. */
  read(event: Event, context: Context | undefined): unknown;
  /** Scope that this key needs in addition to the source's. */
  scope?(event: Event): readonly string[];
  valid?(event: Event, key: unknown): SourceReading['valid'];
}

/** The caller, as far as the event names one. */
export interface Caller {
  readonly principals: readonly string[];
  /** As in `SourceReading`. */
  readonly unknownCaller?: string;
}

/** What differs from source to source. */
export interface Declaration<Event> {
  readonly name: string;
  readonly windowSeconds: number;
  /** Takes the record out of an event that must have only one. */
  readonly record?: ((event: unknown) => unknown) | undefined;
  /** Whether the recognised event belongs to this source. Default: if the names are equal. */
  recognises?(recognised: Recognised | undefined, context: Context | undefined): boolean;
  /** In order of preference. */
  readonly keys: readonly KeyField<Event>[];
  /** What the keys' fields are called, as in "found no header X, nor a body field Y". */
  readonly lookedFor: string;
  scope?(event: Event): readonly string[];
  caller?(event: Event): Caller;
  /** What must match when a client's key is used again. */
  fingerprint?(event: Event): unknown;
}

export const declareSource = <Event = unknown>(declaration: Declaration<Event>): EventSource => {
  const { name, windowSeconds, keys } = declaration;
  const recordOf = declaration.record ?? ((event) => event);

  const source: EventSource = {
    name,
    windowSeconds,
    resolve(event, context) {
      const recognised = recognise(event);
      if (declaration.recognises?.(recognised, context) ?? recognised === name) return source;
      throw new KeyMaterialError(
        recognised
          ? `the event comes from ${recognised}, but \`source\` is ${name}`
          : `the event comes from an unknown source, but \`source\` is ${name}`,
      );
    },
    read(event, context) {
      const record = recordOf(event) as Event;
      const { principals = [], unknownCaller } = declaration.caller?.(record) ?? {};
      const scope = [...(declaration.scope?.(record) ?? []), ...principals];
      const common = {
        ...(declaration.fingerprint && { fingerprint: () => declaration.fingerprint?.(record) }),
        ...(unknownCaller !== undefined && { unknownCaller }),
      };
      for (const field of keys) {
        const key = field.read(record, context);
        if (key === undefined || key === null) continue;
        const valid = field.valid?.(record, key);
        return {
          key,
          madeBy: field.madeBy,
          scope: [...scope, ...(field.scope?.(record) ?? [])],
          ...common,
          ...(valid && { valid }),
        };
      }
      return {
        key: undefined,
        madeBy: 'service',
        scope,
        lookedFor: `${name}() found ${declaration.lookedFor}`,
        ...common,
      };
    },
  };
  return Object.freeze(source);
};

/** The one record of a batch, or the record itself. */
export const oneRecord = (event: unknown): unknown => {
  const records = (event as { Records?: unknown } | null)?.Records;
  if (!Array.isArray(records)) return event;
  if (records.length === 1) return records[0];
  throw new KeyMaterialError(
    `the event has ${records.length} records, each with its own key: wrap the function that handles one record`,
  );
};
