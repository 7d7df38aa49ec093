import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/** One failure that operators should hear of. */
export interface AlarmSpec {
  /** Lower-case words joined by `-`; the alarm is named `<prefix>-<name>`. */
  readonly name: string;
  /** What happened, and what to do about it. */
  readonly description: string;
  readonly metric: IMetric;
  /** Alarms at this value and above, or, with `isBelow`, below it and when there is no value at all, */
  readonly threshold: number;
  readonly isBelow?: true;
  /** in so many periods of the last `periods`; 1 of 1 unless said. */
  readonly points?: number;
  readonly periods?: number;
}

/** Period of all alarm metrics: two points are ten minutes. */
export const PERIOD = Duration.minutes(5);

/** Alarms that tell the operators' topic when they begin and when they are over. */
export class Alarms extends Construct {
  /** Full names, in the order of the specs. */
  readonly names: readonly string[];

  constructor(
    scope: Construct,
    id: string,
    { prefix, topic, specs }: { readonly prefix: string; readonly topic: ITopic; readonly specs: readonly AlarmSpec[] },
  ) {
    super(scope, id);
    const action = new SnsAction(topic);
    for (const spec of specs) {
      const alarm = new Alarm(this, spec.name, {
        alarmName: `${prefix}-${spec.name}`,
        alarmDescription: spec.description,
        metric: spec.metric,
        threshold: spec.threshold,
        comparisonOperator: spec.isBelow ? ComparisonOperator.LESS_THAN_THRESHOLD : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: spec.periods ?? 1,
        datapointsToAlarm: spec.points ?? 1,
        treatMissingData: spec.isBelow ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
    this.names = specs.map(({ name }) => `${prefix}-${name}`);
  }
}
