import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { connectQueue } from 'lambda-idempotency/cdk';

export const addOrderQueue = (scope: Construct, worker: LambdaFunction): Queue => {
  // #region queue
  const queue = new Queue(scope, 'Orders', {
    deadLetterQueue: { queue: new Queue(scope, 'FailedOrders'), maxReceiveCount: 5 },
  });
  connectQueue(worker, queue);
  // #endregion queue
  return queue;
};
