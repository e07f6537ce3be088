import { Alarm, type IAlarmAction, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

const notify = (topic: ITopic): IAlarmAction => ({ bind: () => ({ alarmActionArn: topic.topicArn }) });

/**
 * Alarms on what makes the library fail closed: handlers then do not run. The SDK retries a single throttle; one in
 * five minutes already tells of a hot key or of a limit that is near. DynamoDB's own errors are left to the alarms on
 * the functions: their metric is kept per operation, and an alarm on a sum is billed as one for each of them.
 */
export const alarmsOf = (scope: Construct, table: Table, topic: ITopic | undefined): readonly Alarm[] =>
  (['Read', 'Write'] as const).map((kind) => {
    const alarm = new Alarm(scope, `${kind}Throttles`, {
      metric: table.metric(`${kind}ThrottleEvents`, { statistic: Stats.SUM }),
      threshold: 1,
      evaluationPeriods: 1,
      alarmDescription: `Idempotency records (${table.node.path}): ${kind.toLowerCase()}s are throttled.`,
      // DynamoDB reports these only when they happen.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (topic) alarm.addAlarmAction(notify(topic));
    return alarm;
  });
