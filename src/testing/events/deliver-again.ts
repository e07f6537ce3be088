import { gatewayTime, hexOf, idOf, traceOf } from './values.js';

/** What changes when an event is delivered or sent again. Values derive from the old ones, so a test always sees the same. */

type Fields = Record<string, unknown>;
type Change = (old: never, holder: Fields) => unknown;
type Changes = Readonly<Record<string, Change>>;

const SECOND_MS = 1_000;
const later = (old: number): number => old + SECOND_MS;
const laterText = (old: string): string => `${Number(old) + SECOND_MS}`;
const next = (old: string): string => `${BigInt(old) + 1n}`;
const laterIso = (old: string): string =>
  old.includes('.')
    ? new Date(Date.parse(old) + SECOND_MS).toISOString()
    : new Date(Date.parse(old) + SECOND_MS).toISOString().replace('.000Z', 'Z');

/** A service delivers again, or a client sends its request again. */
const onDelivery: Changes = {
  receiptHandle: (old) => hexOf(old),
  'attributes.ApproximateReceiveCount': next,
  'Sns.Signature': (old) => hexOf(old),
  'Sns.Timestamp': laterIso,
  ResponseURL: (old: string) => old.replace(/\w+$/, (signature) => hexOf(signature)),
  'requestContext.requestId': (old) => idOf(old),
  'requestContext.extendedRequestId': (old) => `${idOf(old).slice(0, 15)}=`,
  // Before their epochs, which they are made from.
  'requestContext.requestTime': (_, { requestTimeEpoch }) => gatewayTime(later(requestTimeEpoch as number)),
  'requestContext.requestTimeEpoch': later,
  'requestContext.time': (_, { timeEpoch }) => gatewayTime(later(timeEpoch as number)),
  'requestContext.timeEpoch': later,
  'headers.x-amzn-trace-id': (old) => traceOf(old),
  'multiValueHeaders.x-amzn-trace-id': ([old]: readonly string[]) => [traceOf(old)],
};

/** A topic's message in a queue's body has an id and a time of its own. */
const envelopeAgain = (body: string): string => {
  if (!body.includes('"Type":"Notification"')) return body;
  const envelope = JSON.parse(body) as Fields;
  const { MessageId, Timestamp, Signature } = envelope;
  return JSON.stringify({
    ...envelope,
    MessageId: idOf(MessageId),
    Timestamp: laterIso(Timestamp as string),
    Signature: hexOf(Signature),
  });
};

/** A producer sends the same content again: to the service, that is a new message. */
const onSending: Changes = {
  messageId: (old) => idOf(old),
  body: envelopeAgain,
  receiptHandle: (old) => hexOf(old),
  'attributes.AWSTraceHeader': (old) => traceOf(old),
  'attributes.SentTimestamp': laterText,
  'attributes.ApproximateFirstReceiveTimestamp': laterText,
  'attributes.SequenceNumber': next,
  'Sns.MessageId': (old) => idOf(old),
  'Sns.Signature': (old) => hexOf(old),
  'Sns.Timestamp': laterIso,
  id: (old) => idOf(old),
  time: laterIso,
  eventID: (old: string) => (old.includes(':') ? old.replace(/\d+$/, next) : hexOf(old).slice(0, old.length)),
  'kinesis.sequenceNumber': next,
  'kinesis.approximateArrivalTimestamp': (old: number) => old + 1,
  's3.object.sequencer': (old: string) => hexOf(old).slice(0, old.length).toUpperCase(),
  'detail.object.sequencer': (old: string) => hexOf(old).slice(0, old.length).toUpperCase(),
  offset: (old: number) => old + 1,
  timestamp: later,
};

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const change = (record: Fields, changes: Changes): void => {
  for (const [path, changed] of Object.entries(changes)) {
    const names = path.split('.');
    const name = names.pop() ?? '';
    const holder = names.reduce<unknown>(
      (inner, each) => (isObject(inner) ? inner[each] : undefined),
      record,
    );
    if (!isObject(holder)) continue;
    // Headers are spelt as the client spelt them.
    const spelt = Object.keys(holder).find((each) => each.toLowerCase() === name.toLowerCase());
    if (spelt !== undefined && holder[spelt] !== undefined)
      holder[spelt] = changed(holder[spelt] as never, holder);
  }
};

/** The payload of a direct invocation or a state machine is the user's: nothing in it changes. */
const isOfService = (record: Fields): boolean =>
  ['eventSource', 'EventSource', 'detail-type', 'requestContext', 'ResponseURL'].some(
    (name) => name in record,
  ) ||
  ('topic' in record && 'offset' in record);

/** The records of a batch, or the event itself. */
const recordsOf = (event: Fields): Fields[] => {
  const { Records: records, records: byPartition } = event;
  if (Array.isArray(records)) return records.filter(isObject);
  return isObject(byPartition) ? Object.values(byPartition).flat().filter(isObject) : [event];
};

const copyWith = <Event>(event: Event, changesOf: (record: Fields) => Changes): Event => {
  const copy = structuredClone(event);
  if (isObject(copy))
    for (const record of recordsOf(copy).filter(isOfService)) change(record, changesOf(record));
  return copy;
};

/**
 * The same event or record as it arrives again: a service delivers it again, or a client sends its HTTP request again.
 * Ids of messages stay; receipt handles, receive counts, request ids, times of HTTP requests and trace ids are new.
 * Returns a copy. The key of a call must be the same for both.
 *
 * @example
 * ```ts
 * import { deliverAgain, sqsEvent } from 'lambda-idempotency/testing';
 *
 * const first = sqsEvent({ body: { orderId: '1' } });
 * const second = deliverAgain(first); // The same messageId, another receiptHandle, and a receive count of 2.
 * ```
 */
export const deliverAgain = <Event>(event: Event): Event => copyWith(event, () => onDelivery);

/**
 * The same content, sent again by its producer after it lost an answer: the service gives it new ids, sequence numbers and
 * times. Only a key that the producer sent is still the same. An HTTP request is as with `deliverAgain`. Returns a copy.
 *
 * @example
 * ```ts
 * import { sendAgain, sqsEvent } from 'lambda-idempotency/testing';
 *
 * const first = sqsEvent({ body: { orderId: '1' }, idempotencyKey: 'key-1' });
 * const second = sendAgain(first); // Another messageId, the same message attribute.
 * ```
 */
export const sendAgain = <Event>(event: Event): Event =>
  copyWith(event, (record) =>
    'requestContext' in record || 'ResponseURL' in record ? onDelivery : onSending,
  );
