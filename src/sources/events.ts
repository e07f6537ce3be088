import type { EventSource } from '../core/protocol/source.js';
import { declareSource, oneRecord } from './declare.js';
import { anyCase, checkedKey, listOf, member, textOf } from './fields.js';
import { providers } from './providers.js';

export interface EventBridgeSourceOptions {
  /**
   * Field of `detail.metadata` that holds the key, in any letter case. Default: the first that is present of
   * `'idempotency-key'`, `'idempotencyKey'` and `'idempotency_key'`.
   */
  readonly metadata?: string;
}

const METADATA_FIELDS = ['idempotency-key', 'idempotencyKey', 'idempotency_key'];

/**
 * An EventBridge rule. The key comes from `detail.metadata`; an event without one has no key. The envelope's `id` is not
 * a key: it is new for every `PutEvents`. Window: 24 hours.
 *
 * @example
 * ```ts
 * import { eventBridge } from 'lambda-idempotency/sources';
 *
 * const config = { source: eventBridge({ metadata: 'idempotency-key' }) };
 * ```
 */
export const eventBridge = ({ metadata }: EventBridgeSourceOptions = {}): EventSource => {
  const names = metadata === undefined ? METADATA_FIELDS : [metadata];
  return declareSource({
    name: 'eventBridge',
    windowSeconds: providers.eventBridge.window,
    keys: names.map((name) => ({
      madeBy: 'client',
      read: (event) => {
        const [key] = anyCase(member(event, 'detail', 'metadata'), name);
        return checkedKey(key, `detail.metadata.${name}`);
      },
    })),
    lookedFor: listOf([['field', names.map((name) => `detail.metadata.${name}`)]]),
    scope: (event) => [textOf(event, 'source') ?? '', textOf(event, 'detail-type') ?? ''],
    fingerprint: (event) => member(event, 'detail'),
  });
};

/** A field that S3 leaves out (such as the version, without versioning) is absent in every delivery of the event. */
const orNone = (value: unknown): unknown => value ?? 'none';

/**
 * Notifications of an S3 bucket that invoke the function. The key names one change of one object: bucket, key, version,
 * sequencer and event name. Window: 6 hours.
 *
 * @example
 * ```ts
 * import { s3 } from 'lambda-idempotency/sources';
 *
 * const config = { source: s3() };
 * ```
 */
export const s3 = (): EventSource =>
  declareSource({
    name: 's3',
    windowSeconds: providers.lambdaAsync.window,
    record: oneRecord,
    keys: [
      {
        madeBy: 'service',
        read: (record) => {
          const object = member(record, 's3', 'object');
          const bucket = textOf(record, 's3', 'bucket', 'name');
          const key = textOf(object, 'key');
          if (bucket === undefined || key === undefined) return undefined;
          const version = orNone(member(object, 'versionId') ?? member(object, 'eTag'));
          return [
            bucket,
            key,
            version,
            orNone(member(object, 'sequencer')),
            orNone(member(record, 'eventName')),
          ];
        },
      },
    ],
    lookedFor: 'no s3.bucket.name and s3.object.key',
  });

/**
 * Notifications of an S3 bucket that arrive through EventBridge. Window: 24 hours.
 *
 * @example
 * ```ts
 * import { s3ViaEventBridge } from 'lambda-idempotency/sources';
 *
 * const config = { source: s3ViaEventBridge() };
 * ```
 */
export const s3ViaEventBridge = (): EventSource =>
  declareSource({
    name: 's3ViaEventBridge',
    windowSeconds: providers.eventBridge.window,
    keys: [
      {
        madeBy: 'service',
        read: (event) => {
          const object = member(event, 'detail', 'object');
          const bucket = textOf(event, 'detail', 'bucket', 'name');
          const key = textOf(object, 'key');
          if (bucket === undefined || key === undefined) return undefined;
          const version = orNone(member(object, 'version-id') ?? member(object, 'etag'));
          return [bucket, key, version, orNone(member(object, 'sequencer')), textOf(event, 'detail-type')];
        },
      },
    ],
    lookedFor: 'no detail.bucket.name and detail.object.key',
  });
