import { type CodecContext, checkEncoded, type EncodedResult } from '../protocol/codec.js';
import { IdempotencyPersistenceLayerError, IdempotencyResultError } from '../protocol/errors.js';
import type { RunningRecord, SettledRecord, StoredResult } from '../protocol/record.js';
import { isPromiseLike, quoted } from '../protocol/values.js';
import { PATIENCE_MS, shareOfTime, timeLeft, withTimeLimit } from './deadline.js';
import { requestParts } from './store-requests.js';
import type { Call, Claim } from './types.js';

/** How a call uses its codec: with time limits, and quoting only errors that cannot contain a value. */

/** For a call with `storeResult: false`. */
export const KEY_ONLY: StoredResult = Object.freeze({ stored: false, reason: '`storeResult` is false' });

/** Names and times of a record in DynamoDB, with the default attributes. */
const FIXED_RECORD_BYTES = 84;

/** A reason is a sentence, with names in it. In characters. */
const MAX_REASON = 300;

const NO_TENANT: readonly string[] = Object.freeze([]);

const contextOf = (
  { scope, tenant = NO_TENANT }: Call,
  { key, fence, fingerprint }: RunningRecord | SettledRecord,
  kind: CodecContext['kind'],
  timeoutMs: number,
): CodecContext => {
  const ofFingerprint = fingerprint === undefined ? 0 : 'validation'.length + fingerprint.length;
  const recordBytes = FIXED_RECORD_BYTES + Buffer.byteLength(key) + fence.length + ofFingerprint;
  return { key, scope, tenant, fence, kind, recordBytes, timeoutMs };
};

/** Whether its message may be quoted: other errors of a codec may contain a value. */
const isQuotable = (error: unknown): error is Error =>
  error instanceof IdempotencyResultError || error instanceof IdempotencyPersistenceLayerError;

/** The work's answer within the time limit. An answer that is not a promise needs no timer. */
const inTime = <T>(
  call: Call,
  timeoutMs: number,
  work: () => T | PromiseLike<T>,
  late: () => Error,
): T | Promise<T> => {
  const answer = work();
  return isPromiseLike(answer) ? (withTimeLimit(call, timeoutMs, () => answer, late) as Promise<T>) : answer;
};

/** Encodes a result for the store, or gives the reason why it is not stored. Never throws: the effect has happened. */
export const encodeResult = async (
  { call, record }: Claim,
  value: unknown,
  kind: CodecContext['kind'] = 'value',
): Promise<StoredResult> => {
  const timeoutMs = shareOfTime(call, PATIENCE_MS.encode);
  const encode = (): EncodedResult | Promise<EncodedResult> =>
    call.policy.codec.encode(value, contextOf(call, record, kind, timeoutMs));
  const late = (): Error => new IdempotencyResultError('its codec took too long');
  try {
    const { codec, data } = checkEncoded(await inTime(call, timeoutMs, encode, late));
    return { stored: true, codec, ...(data !== undefined && { data }) };
  } catch (error) {
    return { stored: false, reason: isQuotable(error) ? error.message : 'its codec threw' };
  }
};

/** The same for the function's error, as a plain description. */
export const encodeThrown = async (claim: Claim, thrown: unknown): Promise<StoredResult> => {
  let description: unknown;
  try {
    description = await claim.call.policy.thrownErrors.describe(thrown);
  } catch {
    return { stored: false, reason: 'its members could not be read' };
  }
  return encodeResult(claim, description, 'failure');
};

const kindOf = (status: SettledRecord['status']): CodecContext['kind'] =>
  status === 'failed' ? 'failure' : 'value';

/** Deletes what the codec stored elsewhere for a claim that was lost. Never throws: a leftover only costs space. */
export const discardResult = async (
  { call, record }: Claim,
  result: StoredResult,
  status: SettledRecord['status'],
): Promise<void> => {
  const { codec } = call.policy;
  if (!result.stored || !codec.discard) return;
  const timeoutMs = shareOfTime(call, PATIENCE_MS.discard);
  const discard = (): unknown => codec.discard?.(result, contextOf(call, record, kindOf(status), timeoutMs));
  await withTimeLimit(call, timeoutMs, discard, () => new Error('late')).catch(() => {});
};

const decode = (call: Call, record: SettledRecord, timeoutMs: number): unknown => {
  const { result } = record;
  if (!result.stored)
    throw new IdempotencyResultError(`it was not stored: ${quoted(result.reason, MAX_REASON)}`);
  const { codec, parts } = result;
  const decodeData = (data: string | Uint8Array | undefined): unknown =>
    call.policy.codec.decode(
      { codec, ...(data !== undefined && { data }) },
      contextOf(call, record, kindOf(record.status), timeoutMs),
    );
  return parts ? requestParts(call, record).then(decodeData) : decodeData(result.data);
};

/**
 * Decodes the result or error of a settled record.
 *
 * @throws IdempotencyResultError if it was not stored or cannot be read; the message is the reason alone
 * @throws IdempotencyPersistenceLayerError if it could not be fetched this time
 */
export const decodeResult = async (call: Call, record: SettledRecord): Promise<unknown> => {
  const timeoutMs = timeLeft(call);
  const late = (): Error =>
    new IdempotencyPersistenceLayerError(
      `${record.key} is finished, but its result could not be fetched before the invocation's end; a retry replays it.`,
    );
  try {
    return await inTime(call, timeoutMs, () => decode(call, record, timeoutMs), late);
  } catch (error) {
    if (isQuotable(error)) throw error;
    throw new IdempotencyResultError('its codec threw', { cause: error });
  }
};

/** The same, if it needs no request and little time; otherwise undefined. */
export const decodeForError = async (call: Call, record: SettledRecord): Promise<unknown> => {
  if (!record.result.stored || record.result.parts) return undefined;
  const late = (): Error => new Error('late');
  const ms = Math.min(PATIENCE_MS.decodeForError, timeLeft(call));
  try {
    return await inTime(call, ms, () => decode(call, record, 0), late);
  } catch {
    return undefined;
  }
};
