import { describe, expect, it } from '@jest/globals';
import { type Provider, providers } from 'lambda-idempotency/sources';

const MINUTES = 60;
const HOURS = 3_600;
const DAYS = 86_400;

/** Window in seconds, identifier, longest identifier. */
const documented: readonly (readonly [
  keyof typeof providers,
  number,
  string | undefined,
  number | undefined,
])[] = [
  ['lambdaAsync', 6 * HOURS, 'context.awsRequestId', 36],
  ['lambdaDurable', 366 * DAYS, 'DurableExecutionName', 64],
  ['sqs', 14 * DAYS, 'messageId', 100],
  ['sqsFifo', 5 * MINUTES, 'MessageDeduplicationId', 128],
  ['sns', 23 * DAYS, 'MessageId', 36],
  ['snsFifo', 5 * MINUTES, 'MessageDeduplicationId', 128],
  ['eventBridge', 24 * HOURS, undefined, undefined],
  ['kinesis', 24 * HOURS, 'eventID', undefined],
  ['dynamodbStreams', 24 * HOURS, 'eventID', 32],
  ['kafka', 7 * DAYS, 'topic, partition and offset', undefined],
  ['stepFunctions', 90 * DAYS, 'name', 80],
  ['ec2', 24 * HOURS, 'ClientToken', 64],
  ['dynamodbTransactions', 10 * MINUTES, 'ClientRequestToken', 36],
  ['stripe', 24 * HOURS, 'Idempotency-Key', 255],
  ['paypal', 6 * HOURS, 'PayPal-Request-Id', 108],
  ['square', 24 * HOURS, 'idempotency_key', 45],
  ['adyen', 7 * DAYS, 'idempotency-key', 64],
];

describe('providers', () => {
  it.each(documented)('%s', (name, window, identifier, maxLength) => {
    expect(providers[name]).toEqual({
      window,
      identifier,
      maxLength,
      documentation: expect.stringMatching(/^https:\/\/[\w.-]+\/\S+$/),
    });
    expect(providers[name].window).toBeGreaterThan(0);
  });

  it('lists no other', () => {
    expect(Object.keys(providers)).toEqual(documented.map(([name]) => name));
  });

  it('names a page of its own for each', () => {
    const pages = Object.values(providers).map(({ documentation }: Provider) => documentation);
    expect(new Set(pages).size).toBe(17);
  });

  it('links AWS pages for AWS services', () => {
    const ofAws = ['lambdaAsync', 'sqs', 'sqsFifo', 'sns', 'snsFifo', 'eventBridge', 'kinesis'] as const;
    for (const name of ofAws) {
      expect(providers[name].documentation).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
    }
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(providers)).toBe(true);
    for (const provider of Object.values(providers)) expect(Object.isFrozen(provider)).toBe(true);
  });
});
