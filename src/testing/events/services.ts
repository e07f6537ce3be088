import type {
  CloudFormationCustomResourceCreateEvent,
  EventBridgeEvent,
  S3Event,
  S3ObjectCreatedNotificationEvent,
} from 'aws-lambda';
import { ACCOUNT, arnOf, hexOf, idOf, ORDER, REGION, SENT_AT } from './values.js';

/** An entry of `PutEvents`. */
export interface BusEntry<DetailType extends string, Detail> {
  readonly detailType?: DetailType;
  /** Default: `'shop.orders'`. */
  readonly source?: string;
  /** Default: `{ orderId: 'order-1' }`. */
  readonly detail?: Detail;
  /** Becomes `detail.metadata."idempotency-key"`. Default: none. */
  readonly idempotencyKey?: string;
}

const SENT = '2023-11-14T22:13:20Z';

/**
 * An event of an EventBridge bus.
 *
 * @example
 * ```ts
 * import { eventBridgeEvent } from 'lambda-idempotency/testing';
 *
 * const event = eventBridgeEvent({ detailType: 'OrderCreated', detail: { orderId: '1' }, idempotencyKey: 'key-1' });
 * ```
 */
export const eventBridgeEvent = <DetailType extends string = string, Detail = Record<string, unknown>>(
  entry: BusEntry<DetailType, Detail> = {},
): EventBridgeEvent<DetailType, Detail> => {
  const { detailType = 'OrderCreated' as DetailType, source = 'shop.orders', idempotencyKey } = entry;
  const detail = entry.detail ?? (ORDER as Detail);
  const { metadata } = detail as { metadata?: object };
  return {
    version: '0',
    id: idOf('entry', entry),
    'detail-type': detailType,
    source,
    account: ACCOUNT,
    time: SENT,
    region: REGION,
    resources: [],
    detail:
      idempotencyKey === undefined
        ? detail
        : { ...detail, metadata: { ...metadata, 'idempotency-key': idempotencyKey } },
  };
};

/** An object that was written to a bucket. */
export interface WrittenObject {
  /** Default: `'order-files'`. */
  readonly bucket?: string;
  /** Default: `'order-1.json'`. */
  readonly key?: string;
  /** Default: `'version-1'`. */
  readonly versionId?: string;
  /** Orders the writes of one key. Default: one of this content, so that equal writes have equal ones. */
  readonly sequencer?: string;
}

const partsOf = (object: WrittenObject) => {
  const { bucket = 'order-files', key = 'order-1.json', versionId = 'version-1' } = object;
  const sequencer = object.sequencer ?? hexOf('write', object).slice(0, 18).toUpperCase();
  return { bucket, key, versionId, sequencer, eTag: hexOf('content', object).slice(0, 32) };
};

/**
 * A notification of a bucket that invokes the function.
 *
 * @example
 * ```ts
 * import { s3Event } from 'lambda-idempotency/testing';
 *
 * const event = s3Event({ bucket: 'order-files', key: 'order-1.json' });
 * ```
 */
export const s3Event = (object: WrittenObject = {}): S3Event => {
  const { bucket, key, versionId, sequencer, eTag } = partsOf(object);
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: REGION,
        eventTime: new Date(SENT_AT).toISOString(),
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: 'AWS:AIDAEXAMPLE' },
        requestParameters: { sourceIPAddress: '198.51.100.7' },
        responseElements: { 'x-amz-request-id': '0123456789ABCDEF', 'x-amz-id-2': 'id-2=' },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'orders',
          bucket: {
            name: bucket,
            ownerIdentity: { principalId: 'OWNEREXAMPLE' },
            arn: `arn:aws:s3:::${bucket}`,
          },
          object: { key, size: 29, eTag, versionId, sequencer },
        },
      },
    ],
  };
};

/**
 * A notification of a bucket that arrives through EventBridge.
 *
 * @example
 * ```ts
 * import { s3ViaEventBridgeEvent } from 'lambda-idempotency/testing';
 *
 * const event = s3ViaEventBridgeEvent({ bucket: 'order-files', key: 'order-1.json' });
 * ```
 */
export const s3ViaEventBridgeEvent = (object: WrittenObject = {}): S3ObjectCreatedNotificationEvent => {
  const { bucket, key, versionId, sequencer, eTag } = partsOf(object);
  return {
    version: '0',
    id: idOf('notification', object),
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: ACCOUNT,
    time: SENT,
    region: REGION,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key,
        size: 29,
        etag: eTag,
        'version-id': versionId,
        sequencer,
      },
      'request-id': '0123456789ABCDEF',
      requester: ACCOUNT,
      'source-ip-address': '198.51.100.7',
      reason: 'PutObject',
    },
  };
};

/** A task of a state machine. */
export interface StateMachineTask {
  /** The execution's name. Default: `'run-1'`. */
  readonly execution?: string;
  /** The state's name. Default: `'Charge'`. */
  readonly state?: string;
}

/**
 * The payload of a task, with the key that `States.Format('{}/{}', $$.Execution.Id, $$.State.Name)` makes.
 *
 * @param payload default: `{ orderId: 'order-1' }`
 * @example
 * ```ts
 * import { stepFunctionsEvent } from 'lambda-idempotency/testing';
 *
 * const event = stepFunctionsEvent({ orderId: '1' }, { execution: 'run-7', state: 'Charge' });
 * ```
 */
export const stepFunctionsEvent = <Payload extends object = Record<string, unknown>>(
  payload?: Payload,
  { execution = 'run-1', state = 'Charge' }: StateMachineTask = {},
): Payload & { 'idempotency-key': string } => ({
  ...(payload ?? (ORDER as Payload)),
  'idempotency-key': `${arnOf('states', `execution:orders:${execution}`)}/${state}`,
});

/** A custom resource in a stack. */
export interface CustomResource {
  /** Default: `'Orders'`. */
  readonly logicalResourceId?: string;
  /** Default: `'shop'`. */
  readonly stack?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/**
 * The creation of a custom resource of CloudFormation.
 *
 * @example
 * ```ts
 * import { cloudFormationEvent } from 'lambda-idempotency/testing';
 *
 * const event = cloudFormationEvent({ logicalResourceId: 'OrderSchema', properties: { version: '3' } });
 * ```
 */
export const cloudFormationEvent = (
  resource: CustomResource = {},
): CloudFormationCustomResourceCreateEvent => {
  const { logicalResourceId = 'Orders', stack = 'shop', properties } = resource;
  const ServiceToken = arnOf('lambda', 'function:orders');
  return {
    RequestType: 'Create',
    ServiceToken,
    ResponseURL: `https://cloudformation-custom-resource-response.example.com/?signature=${hexOf('first')}`,
    StackId: arnOf('cloudformation', `stack/${stack}/${idOf('stack', stack)}`),
    RequestId: idOf('resource', resource),
    LogicalResourceId: logicalResourceId,
    ResourceType: `Custom::${logicalResourceId}`,
    ResourceProperties: { ServiceToken, ...properties },
  };
};
