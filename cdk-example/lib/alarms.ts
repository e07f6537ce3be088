import { Duration } from 'aws-cdk-lib';
import { Alarm, type IAlarmAction, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface AlarmOptions {
  /** Default: 1. */
  readonly threshold?: number;
}

/** Rings at the first period that reaches the threshold. */
export const addAlarm = (
  scope: Construct,
  id: string,
  metric: Metric,
  action: IAlarmAction,
  { threshold = 1 }: AlarmOptions = {},
): void => {
  const alarm = new Alarm(scope, id, {
    metric,
    threshold,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(action);
};

/**
 * Counts the library's events in the log lines that `functions/shop/log.ts` writes: one metric over all functions.
 * A handler that catches errors, as the kitchen does for its batch, shows them nowhere else.
 */
export const eventMetric = (
  scope: Construct,
  metricName: string,
  events: readonly string[],
  logGroups: readonly ILogGroup[],
): Metric => {
  const metricNamespace = `CakeShop/${scope.node.id}`;
  const patterns = events.map((event) =>
    FilterPattern.stringValue('$.message.message', '=', `idempotency ${event}`),
  );
  const [first, ...others] = patterns;
  if (!first) throw new Error(`${metricName} counts no event.`);
  const metrics = logGroups.map((logGroup) =>
    new MetricFilter(logGroup, metricName, {
      logGroup,
      metricNamespace,
      metricName,
      filterPattern: others.length === 0 ? first : FilterPattern.any(first, ...others),
    }).metric({ statistic: 'Sum', period: Duration.minutes(1) }),
  );
  return metrics[0] as Metric;
};
