import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { problemOf } from '../../docs/examples/problem.js';
import * as library from '../../src/index.js';
import { IdempotencyError, IdempotencyPersistenceLayerError } from '../../src/index.js';

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const errors = Object.values(library)
  .filter(
    (value): value is typeof IdempotencyError =>
      typeof value === 'function' &&
      value !== IdempotencyError &&
      value.prototype instanceof IdempotencyError,
  )
  .map((Class) => new (Class as never as new (message: string, options: object) => IdempotencyError)('', {}));
const retryAfterOf = (error: IdempotencyError) => problemOf(error).headers['retry-after'];

describe('the answer to an error', () => {
  it('is the same mapping in the docs, the demo and the sample stack', () => {
    expect(textOf('cdk-example/functions/shop/problem.ts')).toBe(textOf('docs/examples/problem.ts'));
    expect(textOf('demo/cake-shop.ts')).toContain("from '../docs/examples/problem.js'");
    expect(textOf('docs/examples/errors.ts')).toContain("from './problem.js'");
    expect(textOf('README.md')).toContain('[`problemOf`](docs/errors.md)');
  });

  it('never invites a retry of what has run', () => {
    const hasRun = new IdempotencyPersistenceLayerError('', { retryable: true, hasRun: true });
    expect(problemOf(hasRun)).toMatchObject({ statusCode: 500 });
    expect(retryAfterOf(hasRun)).toBeUndefined();
    expect(problemOf(hasRun).body).toContain('Do not send it again');
    const inviting = errors.filter((error) => retryAfterOf(error) !== undefined).map(({ code }) => code);
    expect(inviting.sort()).toEqual([
      'IDEMPOTENCY_ALREADY_IN_PROGRESS',
      'IDEMPOTENCY_INCONSISTENT_STATE',
      'IDEMPOTENCY_PERSISTENCE_LAYER',
    ]);
  });

  it('of the store, where nothing ran: a retry where one can help', () => {
    const statusOf = (retryable: boolean) =>
      problemOf(new IdempotencyPersistenceLayerError('', { retryable })).statusCode;
    expect([statusOf(true), statusOf(false)]).toEqual([503, 500]);
  });

  it('has a status for each code', () => {
    const statuses = Object.fromEntries(errors.map((error) => [error.code, problemOf(error).statusCode]));
    expect(statuses).toEqual({
      IDEMPOTENCY_ALREADY_IN_PROGRESS: 409,
      IDEMPOTENCY_ATTEMPTS_EXHAUSTED: 500,
      IDEMPOTENCY_CONFIG: 500,
      IDEMPOTENCY_INCONSISTENT_STATE: 503,
      IDEMPOTENCY_KEY: 400,
      IDEMPOTENCY_LEASE_LOST: 500,
      IDEMPOTENCY_OUTCOME_UNKNOWN: 500,
      IDEMPOTENCY_PERSISTENCE_LAYER: 503,
      IDEMPOTENCY_RESULT: 500,
      IDEMPOTENCY_VALIDATION: 422,
    });
  });
});
