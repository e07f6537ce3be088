import { describe, expect, it } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import { connectQueue, type QueueConnectionOptions } from '../../src/cdk/connect-queue.js';
import { IdempotencyConfigError } from '../../src/index.js';
import { useCdkOutput } from '../support/cdk-output.js';

useCdkOutput();

interface Setting {
  readonly queue?: QueueProps;
  readonly timeout?: Duration;
  readonly isWithoutDeadLetters?: boolean;
  readonly options?: QueueConnectionOptions;
}

const connect = ({ queue: props = {}, timeout, isWithoutDeadLetters, options }: Setting = {}): Template => {
  const stack = new Stack(new App(), 'Stack');
  const fn = new LambdaFunction(stack, 'Worker', {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => {};'),
    ...(timeout && { timeout }),
  });
  const deadLetters = new Queue(stack, 'Failed', props.fifo ? { fifo: true } : {});
  const queue = new Queue(stack, 'Orders', {
    ...props,
    ...(!isWithoutDeadLetters && { deadLetterQueue: { queue: deadLetters, maxReceiveCount: 3 } }),
  });
  connectQueue(fn, queue, options);
  return Template.fromStack(stack);
};

const visibilityOf = (template: Template): unknown =>
  Object.values(template.findResources('AWS::SQS::Queue')).find(
    ({ Properties }) => Properties?.RedrivePolicy,
  )?.['Properties']['VisibilityTimeout'];

describe('connectQueue', () => {
  it('turns partial failures on', () => {
    const template = connect({ options: { batchSize: 5, maxConcurrency: 4 } });
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 1);
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: 5,
      ScalingConfig: { MaximumConcurrency: 4 },
    });
  });

  it('sets the visibility timeout to six times the timeout of the function, and the batching window', () => {
    expect(visibilityOf(connect())).toBe(18);
    expect(visibilityOf(connect({ timeout: Duration.seconds(30) }))).toBe(180);
    const options = { maxBatchingWindow: Duration.seconds(20), batchSize: 100 };
    expect(visibilityOf(connect({ timeout: Duration.seconds(30), options }))).toBe(200);
  });

  it('leaves a longer visibility timeout', () => {
    expect(visibilityOf(connect({ queue: { visibilityTimeout: Duration.minutes(10) } }))).toBe(600);
  });

  it.each<[string, Setting, string]>([
    ['no dead-letter queue', { isWithoutDeadLetters: true }, 'the queue needs a `deadLetterQueue`'],
    [
      'too short a visibility timeout',
      { queue: { visibilityTimeout: Duration.seconds(30) }, timeout: Duration.seconds(10) },
      "the queue's `visibilityTimeout` is 30 s, but must be at least 60 s",
    ],
    [
      'a batching window of a FIFO queue',
      { queue: { fifo: true }, options: { maxBatchingWindow: Duration.seconds(5) } },
      '`maxBatchingWindow` is not for FIFO queues',
    ],
    ['an unknown option', { options: { size: 5 } as never }, 'unknown option `size`'],
    ['a batch of none', { options: { batchSize: 0 } }, '`batchSize` must be a whole number from 1 to 10000'],
  ])('refuses %s', (_what, setting, message) => {
    expect(() => connect(setting)).toThrow(IdempotencyConfigError);
    expect(() => connect(setting)).toThrow(message);
  });

  it('refuses a queue of another app', () => {
    const stack = new Stack(new App(), 'Stack');
    const imported = Queue.fromQueueArn(stack, 'Orders', 'arn:aws:sqs:eu-west-1:000000000000:orders');
    expect(() => connectQueue({} as LambdaFunction, imported as Queue)).toThrow(
      'must be a Queue of this app',
    );
  });
});
