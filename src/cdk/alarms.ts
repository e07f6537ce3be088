import { Alarm, type IAlarmAction, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

const notify = (topic: ITopic): IAlarmAction => ({ bind: () => ({ alarmActionArn: topic.topicArn }) });

/**
 * Alarms for throttling, which can keep handlers from running. The SDK retries a single throttled request, but even one
 * in five minutes points to a hot key or a limit that is near. Errors of DynamoDB itself are left to the alarms of the
 * functions: that metric exists per operation, and an alarm on a sum is billed once for each.
 */
export const alarmsOf = (scope: Construct, table: Table, topic: ITopic | undefined): readonly Alarm[] =>
  (['Read', 'Write'] as const).map((kind) => {
    const alarm = new Alarm(scope, `${kind}Throttles`, {
      metric: table.metric(`${kind}ThrottleEvents`, { statistic: Stats.SUM }),
      threshold: 1,
      evaluationPeriods: 1,
      alarmDescription: `Idempotency records (${table.node.path}): ${kind.toLowerCase()}s are throttled.`,
      // DynamoDB sends no data points while nothing is throttled.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (topic) alarm.addAlarmAction(notify(topic));
    return alarm;
  });
