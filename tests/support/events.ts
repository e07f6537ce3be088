import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { channelName, type IdempotencyEventName } from '../../src/core/protocol/events.js';

export interface HeardEvent {
  readonly event: IdempotencyEventName;
  readonly message: Record<string, unknown>;
}

/** Listens to events while `act` runs, and gives what was heard, in order. */
export const hear = async (
  events: readonly IdempotencyEventName[],
  act: () => Promise<unknown>,
): Promise<HeardEvent[]> => {
  const heard: HeardEvent[] = [];
  const listeners = events.map((event) => {
    const listener = (message: unknown): void => {
      heard.push({ event, message: message as Record<string, unknown> });
    };
    subscribe(channelName(event), listener);
    return () => unsubscribe(channelName(event), listener);
  });
  try {
    await act();
  } finally {
    for (const stop of listeners) stop();
  }
  return heard;
};
