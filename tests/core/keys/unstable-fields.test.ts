import { describe, expect, it } from '@jest/globals';
import { unstablePath, unstableValue } from '../../../src/core/keys/unstable-fields.js';
import type { UnstableFields } from '../../../src/core/protocol/unstable-fields.js';

const TABLE: UnstableFields = {
  fields: [
    { path: ['meta', 'requestId'], why: 'is new on every request', instead: 'the order' },
    { path: ['x-trace-id'], why: 'is new on every request', instead: 'the order' },
  ],
  ofSources: [
    { source: 'bus', mark: 'busVersion', field: { path: ['id'], why: 'is new', instead: 'the order' } },
  ],
  places: [[], ['Records', '0']],
  headers: [['headers']],
  ofEvent: (payload) =>
    'busVersion' in payload ? { path: ['id'], why: 'is new', instead: '`source: bus()`' } : undefined,
};
const REASON =
  '`meta.requestId` is new on every request, so no duplicate would be recognised; use the order, or set `allowUnstableKey` to true';

describe('the path of an expression', () => {
  it.each([
    [['meta', 'requestId'], undefined, REASON],
    [['event', 'META', 'requestid'], undefined, REASON],
    [['requestId'], undefined, undefined],
    [['meta', 'requestId', 'name'], undefined, undefined],
    [['id'], undefined, undefined],
  ])('%j, source %s', (path, source, reason) => {
    expect(unstablePath(TABLE, path, source)).toBe(reason);
  });

  it.each([
    [['id'], 'bus', '`id` is new, '],
    [['detail', 'id'], 'bus', undefined],
  ])('%j of one source', (path, source, start) => {
    const reason = unstablePath(TABLE, path, source);
    if (start === undefined) expect(reason).toBeUndefined();
    else expect(reason).toContain(start);
  });
});

describe('the value that a key function chose', () => {
  const ID = 'a1b2c3d4';

  it.each([
    ['is such a field', { meta: { requestId: ID } }, ID, '`meta.requestId`'],
    ['has one as a part', { meta: { requestId: ID } }, { user: 'ada', parts: [ID] }, '`meta.requestId`'],
    ['is one of a record', { Records: [{ meta: { requestId: ID } }] }, ID, '`meta.requestId`'],
    ['is a header, in any letter case', { headers: { 'X-Trace-Id': ID } }, ID, '`x-trace-id`'],
    ['is one of a marked event', { busVersion: 1, id: ID }, ID, '`id`'],
  ])('%s: refused', (_, payload, value, field) => {
    expect(unstableValue(TABLE, payload, value)).toContain(field);
  });

  it.each([
    ['is another', { meta: { requestId: ID }, order: 'o-1234567' }, 'o-1234567'],
    ['is too short to tell', { meta: { requestId: '1234567' } }, '1234567'],
    ['is a small number', { meta: { requestId: 42 } }, 42],
    ['is the id of an event without the mark', { id: ID }, ID],
    ['is of a payload that is no object', ID, ID],
  ])('%s: fine', (_, payload, value) => {
    expect(unstableValue(TABLE, payload, value)).toBeUndefined();
  });
});
