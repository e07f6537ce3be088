import type { EventSource } from '../core/protocol/source.js';
import { declareSource, oneRecord } from './declare.js';
import { anyCase, checkedKey, member, textOf } from './fields.js';
import { providers } from './providers.js';

export interface EventBridgeSourceOptions {
  /** The member of `detail.metadata` that holds the key, in any letter case. Default: `idempotency-key`. */
  readonly metadata?: string;
}

/** A rule of an EventBridge bus. The envelope's `id` is no key: EventBridge makes a new one per `PutEvents`. */
export const eventBridge = ({ metadata = 'idempotency-key' }: EventBridgeSourceOptions = {}): EventSource =>
  declareSource({
    name: 'eventBridge',
    windowSeconds: providers.eventBridge.window,
    keys: [
      {
        madeBy: 'client',
        read: (event) => {
          const [key] = anyCase(member(event, 'detail', 'metadata'), metadata);
          return checkedKey(key, `detail.metadata.${metadata}`);
        },
      },
    ],
    scope: (event) => [textOf(event, 'source') ?? '', textOf(event, 'detail-type') ?? ''],
    fingerprint: (event) => member(event, 'detail'),
  });

/** A part that S3 leaves out (a version, without versioning) is absent in every delivery of the same event. */
const orNone = (value: unknown): unknown => value ?? 'none';

/** Notifications of a bucket that invoke the function: one object's one change. */
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
  });

/** Notifications of a bucket through EventBridge. */
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
  });
