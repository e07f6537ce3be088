import { subscribe } from 'node:diagnostics_channel';
import { channelName } from 'lambda-idempotency';

/** One line of JSON, which CloudWatch Logs Insights queries by member. Never a payload: orders hold card numbers. */
export const log = (message: string, fields: object = {}): void => {
  console.log(JSON.stringify({ level: 'INFO', message, ...fields }));
};

/** What the library did instead of running a function, or could not do: rare, and what one looks for at night. */
const told = [
  'replayed',
  'busy',
  'conflict',
  'takenOver',
  'leaseLost',
  'resultNotStored',
  'storeFailed',
] as const;

for (const name of told) {
  subscribe(channelName(name), (event) => {
    const { key, error } = event as { key: string; error?: Error };
    log(`idempotency ${name}`, { key, ...(error && { error: error.message }) });
  });
}
