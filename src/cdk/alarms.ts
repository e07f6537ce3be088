import { Alarm, type IAlarmAction, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Operation, type Table } from 'aws-cdk-lib/aws-dynamodb';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** What the persistence layer asks of a table. */
const OPERATIONS = [Operation.GET_ITEM, Operation.PUT_ITEM, Operation.UPDATE_ITEM, Operation.DELETE_ITEM];

interface Watched {
  readonly id: string;
  readonly metric: IMetric;
  readonly periods: number;
  readonly meaning: string;
}

const notify = (topic: ITopic): IAlarmAction => ({ bind: () => ({ alarmActionArn: topic.topicArn }) });

/**
 * Alarms on what makes the library fail closed: handlers then do not run. The SDK retries a single throttle or
 * error of DynamoDB's; one throttle in five minutes already tells of a hot key or of a limit that is near, whereas
 * DynamoDB's own errors matter when they go on.
 */
export const alarmsOf = (scope: Construct, table: Table, topic: ITopic | undefined): readonly Alarm[] => {
  const name = (what: string) => `Idempotency records (${table.node.path}): ${what}`;
  const watched: readonly Watched[] = [
    {
      id: 'ReadThrottles',
      metric: table.metric('ReadThrottleEvents', { statistic: Stats.SUM }),
      periods: 1,
      meaning: name('reads are throttled.'),
    },
    {
      id: 'WriteThrottles',
      metric: table.metric('WriteThrottleEvents', { statistic: Stats.SUM }),
      periods: 1,
      meaning: name('writes are throttled.'),
    },
    {
      id: 'SystemErrors',
      metric: table.metricSystemErrorsForOperations({ operations: OPERATIONS }),
      periods: 3,
      meaning: name('DynamoDB fails.'),
    },
  ];
  return watched.map(({ id, metric, periods, meaning }) => {
    const alarm = new Alarm(scope, id, {
      metric,
      threshold: 1,
      evaluationPeriods: periods,
      alarmDescription: meaning,
      // DynamoDB reports these only when they happen.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (topic) alarm.addAlarmAction(notify(topic));
    return alarm;
  });
};
