import { subscribe } from 'node:diagnostics_channel';
import { channelName, type IdempotencyEvents } from 'lambda-idempotency';

/** One line of JSON per event, for CloudWatch Logs to count. In your code, use your logger and your metrics. */
export const lines: string[] = [];
const log = (line: object): void => {
  lines.push(JSON.stringify(line));
};

// #region subscribe
subscribe(channelName('replayed'), (message) => {
  const { key } = message as IdempotencyEvents['replayed'];
  log({ metric: 'IdempotentReplay', value: 1, key });
});

subscribe(channelName('takenOver'), (message) => {
  const { key, staleSince } = message as IdempotencyEvents['takenOver'];
  log({ level: 'warn', message: 'an earlier run crashed or is very late', key, staleSince });
});

subscribe(channelName('storeFailed'), (message) => {
  const { key, operation, error } = message as IdempotencyEvents['storeFailed'];
  log({ level: 'error', message: String(error), key, operation });
});
// #endregion subscribe
