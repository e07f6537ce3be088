/** Fields that change with every attempt: as keys they let every duplicate through. */

interface Unstable {
  /** Of the event, or of a record in it. */
  readonly path: readonly string[];
  readonly why: string;
  readonly instead: string;
}

const client = 'the key that the client sends, such as the header Idempotency-Key';
const message = 'a message attribute of your own, such as `idempotency-key`';

const unstable: readonly Unstable[] = [
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
  { path: ['Sns', 'Signature'], why: 'is of the attempt', instead: message },
  { path: ['Sns', 'UnsubscribeUrl'], why: 'is of the subscription, not of the message', instead: message },
  {
    path: ['kinesis', 'approximateArrivalTimestamp'],
    why: 'is a time',
    instead: 'a key in the data, or `eventID`',
  },
  { path: ['dynamodb', 'ApproximateCreationDateTime'], why: 'is a time', instead: '`eventID`' },
  {
    path: ['responseElements', 'x-amz-request-id'],
    why: 'is of a request, which may change many objects',
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
  { path: ['ResponseURL'], why: 'is signed anew', instead: 'StackId, RequestId and LogicalResourceId' },
  { path: ['attributes', 'AWSTraceHeader'], why: 'is new on every sending', instead: message },
  {
    path: ['Task', 'Token'],
    why: 'is new on every attempt',
    instead: "the execution's id and the state's name",
  },
];

const eventBridgeId: Unstable = {
  path: ['id'],
  why: 'is new on every PutEvents, also on a retry of it',
  instead: '`detail.metadata."idempotency-key"`, which the producer sets',
};

const describe = ({ path, why, instead }: Unstable): string =>
  `\`${path.join('.')}\` ${why}, so that no duplicate would be recognised; use ${instead}, or set \`allowUnstableKey: true\``;

const endsWith = (path: readonly string[], end: readonly string[]): boolean =>
  end.every((name, index) => path.at(index - end.length)?.toLowerCase() === name.toLowerCase());

/** Why a path of an expression is no key, or undefined. */
export const unstablePath = (path: readonly string[], source: string | undefined): string | undefined => {
  const isId = source === 'eventBridge' && path.length === 1 && path[0] === 'id';
  const found = isId ? eventBridgeId : unstable.find((field) => endsWith(path, field.path));
  return found && describe(found);
};

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name], value);

/** Counters and the like may equal a part of a good key by chance; ids and times in milliseconds do not. */
const isTelling = (value: unknown): boolean =>
  (typeof value === 'string' && value.length >= 8) || (typeof value === 'number' && value >= 1e9);

/** A composite key's parts, however they are nested. */
const partsOf = (value: unknown, depth = 0): unknown[] => {
  if (typeof value !== 'object' || value === null || depth > 3) return [value];
  return Object.values(value).flatMap((part) => partsOf(part, depth + 1));
};

/** Where an unstable field's path may start. */
const placesIn = (payload: object): unknown[] => [
  payload,
  at(payload, ['Records', '0']),
  at(payload, ['requestContext', 'authorizer']),
  at(payload, ['requestContext', 'authorizer', 'jwt']),
];

const valuesOf = (payload: object, { path }: Unstable): unknown[] => {
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

/** Why a value that a key function chose is no key, or undefined: a part of it is what an unstable field holds. */
export const unstableValue = (payload: unknown, value: unknown): string | undefined => {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const parts = partsOf(value).filter(isTelling);
  if (parts.length === 0) return undefined;
  const fields = 'detail-type' in payload ? [eventBridgeId, ...unstable] : unstable;
  const found = fields.find((field) => valuesOf(payload, field).some((held) => parts.includes(held)));
  return found && describe(found);
};
