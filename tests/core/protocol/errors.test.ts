import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { IdempotencyRecord } from '../../../src/core/protocol/record-view.js';
import * as face from '../../../src/index.js';

const { ...classes } = face;

const made = {
  IdempotencyAlreadyInProgressError: new face.IdempotencyAlreadyInProgressError('m', { retryAfterMs: 5 }),
  IdempotencyValidationError: new face.IdempotencyValidationError('m'),
  IdempotencyKeyError: new face.IdempotencyKeyError('m'),
  IdempotencyPersistenceLayerError: new face.IdempotencyPersistenceLayerError('m', { cause: 'c' }),
  IdempotencyInconsistentStateError: new face.IdempotencyInconsistentStateError('m'),
  IdempotencyConfigError: new face.IdempotencyConfigError('m'),
  IdempotencyLeaseLostError: new face.IdempotencyLeaseLostError('m'),
  IdempotencyResultError: new face.IdempotencyResultError('m'),
  IdempotencyAttemptsExhaustedError: new face.IdempotencyAttemptsExhaustedError('m', { attempts: 3 }),
  IdempotencyOutcomeUnknownError: new face.IdempotencyOutcomeUnknownError('m'),
};

describe('errors', () => {
  it.each(Object.entries(made))('%s has its name, a code, and the base class', (name, error) => {
    expect(error.name).toBe(name);
    expect(String(error)).toBe(`${name}: m`);
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(face.IdempotencyError);
    const { [name as keyof typeof made]: errorClass } = classes;
    expect(Object.entries(made).filter(([, other]) => other instanceof errorClass)).toEqual([[name, error]]);
  });

  it('have codes of their own', () => {
    expect(Object.values(made).map(({ code }) => code)).toEqual([
      'IDEMPOTENCY_ALREADY_IN_PROGRESS',
      'IDEMPOTENCY_VALIDATION',
      'IDEMPOTENCY_KEY',
      'IDEMPOTENCY_PERSISTENCE_LAYER',
      'IDEMPOTENCY_INCONSISTENT_STATE',
      'IDEMPOTENCY_CONFIG',
      'IDEMPOTENCY_LEASE_LOST',
      'IDEMPOTENCY_RESULT',
      'IDEMPOTENCY_ATTEMPTS_EXHAUSTED',
      'IDEMPOTENCY_OUTCOME_UNKNOWN',
    ]);
  });

  it('KeyMaterialError has its name and is not an IdempotencyError', () => {
    const error = new face.KeyMaterialError('m');
    expect(String(error)).toBe('KeyMaterialError: m');
    expect(error).toBeInstanceOf(face.KeyMaterialError);
    expect(error).not.toBeInstanceOf(face.IdempotencyError);
    expect(made.IdempotencyKeyError).not.toBeInstanceOf(face.KeyMaterialError);
    expect(new Error('m')).not.toBeInstanceOf(face.KeyMaterialError);
  });

  it("leave instanceof of a user's own subclass, and of other errors, as it is", () => {
    class Mine extends face.IdempotencyKeyError {}
    expect(new Mine('m')).toBeInstanceOf(Mine);
    expect(new Mine('m')).toBeInstanceOf(face.IdempotencyKeyError);
    expect(made.IdempotencyKeyError).not.toBeInstanceOf(Mine);
    const named = Object.assign(new Error('m'), { name: 'IdempotencyKeyError' });
    for (const other of [named, { name: 'IdempotencyKeyError' }, null, undefined, 'text']) {
      expect(other instanceof face.IdempotencyKeyError).toBe(false);
    }
  });

  it("are made in users' tests as in Powertools: a message, and perhaps a record and its cause", () => {
    expect(new face.IdempotencyAlreadyInProgressError('m').retryAfterMs).toBe(0);
    expect(new face.IdempotencyAttemptsExhaustedError('m').attempts).toBe(0);
    expect(new face.IdempotencyValidationError().message).toBe('');
    const record = new IdempotencyRecord({
      idempotencyKey: 'orders#1',
      status: 'COMPLETED',
      responseData: 1,
    });
    const cause = new Error('why');
    for (const ErrorClass of [face.IdempotencyAlreadyInProgressError, face.IdempotencyValidationError]) {
      expect(new ErrorClass('m', record).existingRecord).toBe(record);
      expect('cause' in new ErrorClass('m', record)).toBe(false);
      const both = new ErrorClass('m', record, { cause });
      expect([both.existingRecord, both.cause]).toEqual([record, cause]);
    }
  });

  it('P16: carry the record, and do not print it', () => {
    const record = new IdempotencyRecord(
      { status: 'done', key: 'k', fence: 'f', expiresAt: 1_000, result: { stored: true, codec: 'json' } },
      { secret: 'cake' },
      () => 0,
    );
    const error = new face.IdempotencyValidationError('m', { existingRecord: record });
    expect(error.existingRecord?.responseData).toEqual({ secret: 'cake' });
    expect(inspect(error, { depth: 9 })).not.toMatch(/cake/);
    expect(JSON.stringify(error)).not.toMatch(/cake/);
  });
});
