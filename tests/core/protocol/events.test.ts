import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from '@jest/globals';
import { channelName, emit } from '../../../src/core/protocol/events.js';

it('each event has a channel of its name', () => {
  expect(channelName('busy')).toBe('lambda-idempotency:busy');
});

it('a message is made only where someone listens', () => {
  const heard: unknown[] = [];
  const listen = (message: unknown): void => void heard.push(message);
  let made = 0;
  const message = () => {
    made++;
    return { scope: 'orders', missing: 'the payload is null' };
  };
  emit('keyMissing', message);
  expect(made).toBe(0);
  subscribe('lambda-idempotency:keyMissing', listen);
  emit('keyMissing', message);
  unsubscribe('lambda-idempotency:keyMissing', listen);
  expect(heard).toEqual([{ scope: 'orders', missing: 'the payload is null' }]);
  expect(made).toBe(1);
});
