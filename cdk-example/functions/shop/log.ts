import { subscribe } from 'node:diagnostics_channel';
import { channelName, type IdempotencyEventName } from 'lambda-idempotency';

/**
 * A line of JSON with the object's members under `message`, by which CloudWatch Logs Insights queries: with
 * `LoggingFormat.JSON`, Lambda makes it of an object (of a text it would make an escaped one), and adds level and time.
 * Never a payload: orders hold card numbers.
 */
export const log = (message: string, fields: object = {}): void => {
  console.log({ message, ...fields });
};

export const logError = (message: string, fields: object = {}): void => {
  console.error({ message, ...fields });
};

/** An error's own text may quote what it is about, as those of `JSON.parse` do. */
export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/** What the library did instead of running a function, or could not do: rare, and what one looks for at night. */
const told: Partial<Record<IdempotencyEventName, typeof log>> = {
  replayed: log,
  busy: log,
  conflict: log,
  takenOver: log,
  leaseLost: logError,
  resultNotStored: logError,
  storeFailed: logError,
};

for (const [name, tell] of Object.entries(told)) {
  subscribe(channelName(name as IdempotencyEventName), (event) => {
    const { key, error } = event as { key: string; error?: Error };
    // The library's own messages name a key's hash, a table, an option: never a payload.
    tell(`idempotency ${name}`, { key, ...(error && { error: error.message }) });
  });
}
