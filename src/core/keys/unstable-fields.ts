/** Fields that change with every attempt. A key made of one never recognises a duplicate. */

interface UnstableField {
  /** Path in the event, or in one of its records. */
  readonly path: readonly string[];
  readonly why: string;
  readonly instead: string;
}

const client = 'the key that the client sends, such as the header Idempotency-Key';
const message = 'a message attribute of your own, such as `idempotency-key`';

const unstableFields: readonly UnstableField[] = [
  { path: ['requestContext', 'requestId'], why: 'is new on every request', instead: client },
  { path: ['requestContext', 'extendedRequestId'], why: 'is new on every request', instead: client },
  { path: ['requestContext', 'requestTime'], why: 'is the time of the attempt', instead: client },
  { path: ['requestContext', 'requestTimeEpoch'], why: 'is the time of the attempt', instead: client },
  { path: ['requestContext', 'time'], why: 'is the time of the attempt', instead: client },
  { path: ['requestContext', 'timeEpoch'], why: 'is the time of the attempt', instead: client },
  { path: ['x-amzn-trace-id'], why: 'is new on every request', instead: client },
  { path: ['x-amz-cf-id'], why: 'is new on every request', instead: client },
  { path: ['traceparent'], why: 'is new on every request', instead: client },
  { path: ['claims', 'exp'], why: 'is new when a token is refreshed', instead: 'the claim `sub`' },
  { path: ['claims', 'iat'], why: 'is new when a token is refreshed', instead: 'the claim `sub`' },
  { path: ['claims', 'jti'], why: 'is new when a token is refreshed', instead: 'the claim `sub`' },
  { path: ['claims', 'auth_time'], why: 'is new when a token is refreshed', instead: 'the claim `sub`' },
  { path: ['receiptHandle'], why: 'is new on every delivery', instead: message },
  { path: ['attributes', 'ApproximateReceiveCount'], why: 'counts deliveries', instead: message },
  {
    path: ['attributes', 'ApproximateFirstReceiveTimestamp'],
    why: 'is new after a redrive',
    instead: message,
  },
  { path: ['attributes', 'SentTimestamp'], why: 'is new when a producer sends again', instead: message },
  { path: ['attributes', 'SequenceNumber'], why: 'is new when a producer sends again', instead: message },
  { path: ['Sns', 'Timestamp'], why: 'is the time of the attempt', instead: message },
  { path: ['Sns', 'Signature'], why: 'is new on every attempt', instead: message },
  {
    path: ['Sns', 'UnsubscribeUrl'],
    why: 'belongs to the subscription, not to the message',
    instead: message,
  },
  {
    path: ['kinesis', 'approximateArrivalTimestamp'],
    why: 'is a time',
    instead: 'a key in the data, or `eventID`',
  },
  { path: ['dynamodb', 'ApproximateCreationDateTime'], why: 'is a time', instead: '`eventID`' },
  {
    path: ['responseElements', 'x-amz-request-id'],
    why: 'belongs to a request, which may change many objects',
    instead: 'bucket, key, version and `sequencer`',
  },
  {
    path: ['State', 'RetryCount'],
    why: 'counts attempts',
    instead: "the execution's id and the state's name",
  },
  {
    path: ['Execution', 'RedriveCount'],
    why: 'counts attempts',
    instead: "the execution's id and the state's name",
  },
  {
    path: ['ResponseURL'],
    why: 'is signed again on every attempt',
    instead: 'StackId, RequestId and LogicalResourceId',
  },
  { path: ['attributes', 'AWSTraceHeader'], why: 'is new every time a message is sent', instead: message },
  {
    path: ['Task', 'Token'],
    why: 'is new on every attempt',
    instead: "the execution's id and the state's name",
  },
];

const eventBridgeId: UnstableField = {
  path: ['id'],
  why: 'is new on every PutEvents, even on a retry',
  instead: '`detail.metadata."idempotency-key"`, which the producer sets',
};

const reasonFor = ({ path, why, instead }: UnstableField): string =>
  `\`${path.join('.')}\` ${why}, so no duplicate would be recognised; use ${instead}, or set \`allowUnstableKey\` to true`;

const endsWith = (path: readonly string[], end: readonly string[]): boolean =>
  end.every((name, index) => path.at(index - end.length)?.toLowerCase() === name.toLowerCase());

/** Why a path in an expression cannot be a key; undefined if it can. */
export const unstablePath = (path: readonly string[], source: string | undefined): string | undefined => {
  const isId = source === 'eventBridge' && path.length === 1 && path[0] === 'id';
  const found = isId ? eventBridgeId : unstableFields.find((field) => endsWith(path, field.path));
  return found && reasonFor(found);
};

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name], value);

/** Whether equality cannot be chance: small numbers may occur in a good key too, ids and times in milliseconds do not. */
const isDistinctive = (value: unknown): boolean =>
  (typeof value === 'string' && value.length >= 8) || (typeof value === 'number' && value >= 1e9);

/** The parts of a composite key, at any level. */
const partsOf = (value: unknown, depth = 0): unknown[] => {
  if (typeof value !== 'object' || value === null || depth > 3) return [value];
  return Object.values(value).flatMap((part) => partsOf(part, depth + 1));
};

/** Where the path of an unstable field may start. */
const placesIn = (payload: object): unknown[] => [
  payload,
  at(payload, ['Records', '0']),
  at(payload, ['requestContext', 'authorizer']),
  at(payload, ['requestContext', 'authorizer', 'jwt']),
];

const valuesOf = (payload: object, { path }: UnstableField): unknown[] => {
  const [name] = path;
  const found = placesIn(payload).map((place) => at(place, path));
  if (path.length > 1 || name === undefined) return found;
  const headers = [at(payload, ['headers']), at(payload, ['multiValueHeaders'])];
  for (const held of headers) {
    for (const key of Object.keys(held ?? {})) {
      if (key.length === name.length && key.toLowerCase() === name) found.push(at(held, [key]));
    }
  }
  return found.flat();
};

/** Why a value cannot be a key: a part of it equals the value of an unstable field. Undefined if it can. */
export const unstableValue = (payload: unknown, value: unknown): string | undefined => {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const parts = partsOf(value).filter(isDistinctive);
  if (parts.length === 0) return undefined;
  const fields = 'detail-type' in payload ? [eventBridgeId, ...unstableFields] : unstableFields;
  const found = fields.find((field) => valuesOf(payload, field).some((held) => parts.includes(held)));
  return found && reasonFor(found);
};
