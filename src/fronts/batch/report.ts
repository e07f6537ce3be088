import { BatchFailedError } from './errors.js';
import type { Item, SourceName } from './read-batch.js';
import type { Failure } from './run-records.js';
import type { BatchResponse, ItemIdentifier, KafkaItemIdentifier } from './types.js';

/** Sequence numbers have up to 56 digits. */
const compareNumbers = (one: string, other: string): number =>
  one.length - other.length || (one < other ? -1 : Number(one > other));

/** Lambda resumes a stream at the lowest sequence number that is reported. */
const lowestOf = (identifiers: readonly string[]): string[] => {
  const [lowest] = [...identifiers].sort(compareNumbers);
  return lowest === undefined ? [] : [lowest];
};

/** Lambda resumes each partition at the reported offset. */
const lowestOfEach = (identifiers: readonly KafkaItemIdentifier[]): KafkaItemIdentifier[] => {
  const lowest = new Map<string, KafkaItemIdentifier>();
  for (const identifier of identifiers) {
    const known = lowest.get(identifier.partition);
    if (!known || identifier.offset < known.offset) lowest.set(identifier.partition, identifier);
  }
  return [...lowest.values()];
};

const reported = (
  source: SourceName | undefined,
  identifiers: readonly ItemIdentifier[],
): readonly ItemIdentifier[] => {
  if (source === 'kafka') return lowestOfEach(identifiers as readonly KafkaItemIdentifier[]);
  if (source === 'sqs') return [...new Set(identifiers)];
  return lowestOf(identifiers as readonly string[]);
};

/** What Lambda delivers again. */
export const responseTo = (
  source: SourceName | undefined,
  failures: readonly Failure[],
): BatchResponse<ItemIdentifier> => {
  const identifiers = failures.map(({ item }) => item.identifier);
  return {
    batchItemFailures: reported(source, identifiers).map((itemIdentifier) => ({ itemIdentifier })),
  };
};

export const batchError = (failures: readonly Failure[]): BatchFailedError => {
  const errors = failures.flatMap((failure) => (failure.why === 'error' ? [failure.error] : []));
  const notRun = failures.length - errors.length;
  return new BatchFailedError(
    `All ${failures.length} records of the batch failed: ${errors.length} with an error (see \`errors\`), ${notRun} were not run.`,
    errors,
  );
};

const described = (error: unknown): Record<string, unknown> => {
  // A thrown value that is not an error may be the record itself.
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, message, code } = error as Error & { code?: unknown };
  return {
    name,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    // Messages of JSON.parse quote the parsed text.
    ...(!(error instanceof SyntaxError) && { message }),
  };
};

/** The default of `onRecordFailed`. */
export const logFailure = (error: unknown, { identifier }: Item): void => {
  console.error(
    JSON.stringify({
      level: 'ERROR',
      message: 'A record of the batch failed',
      itemIdentifier: identifier,
      error: described(error),
    }),
  );
};

/** One line for all records that were not run: there may be thousands, and little time. */
export const logNotRun = (failures: readonly Failure[]): void => {
  const count = (why: Failure['why']): number => failures.filter((failure) => failure.why === why).length;
  const [outOfTime, afterFailure] = [count('time'), count('order')];
  if (outOfTime + afterFailure === 0) return;
  console.warn(
    JSON.stringify({
      level: 'WARN',
      message: 'Records of the batch were not run, and will be delivered again',
      outOfTime,
      afterFailure,
    }),
  );
};

export const logHookFailure = (error: unknown): void => {
  console.error(JSON.stringify({ level: 'ERROR', message: 'onRecordFailed threw', error: described(error) }));
};
