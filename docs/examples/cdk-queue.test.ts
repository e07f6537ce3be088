import { expect, it } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import { useCdkOutput } from '../../tests/support/cdk-output.js';
import { addOrderQueue } from './cdk-queue.js';

useCdkOutput();

it('cdk-queue.ts connects the queue', () => {
  const stack = new Stack(new App(), 'Stack');
  const worker = new LambdaFunction(stack, 'Worker', {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => {};'),
    timeout: Duration.seconds(20),
  });
  addOrderQueue(stack, worker);
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  const timeouts = Object.values(template.findResources('AWS::SQS::Queue')).map(
    ({ Properties }) => Properties?.['VisibilityTimeout'],
  );
  expect(timeouts).toContain(120);
});
