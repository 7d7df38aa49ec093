import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { deliveryStreamName } from '../../lake/delivery-format.ts';
import { METRICS, type MetricUnit, type ServiceName } from '../../lake/metrics.ts';
import { arnOf, functionName, type Names } from '../names.ts';
import { PERIOD } from './alarms.ts';

type Statistic = 'Sum' | 'Maximum' | 'Average' | 'p99';
type Bins = 'seen' | 'accepted' | 'late' | 'duplicate' | 'quarantined';

/** Events of five minutes from which on a share of them says something. */
const SHARE_EVENTS_MIN = 100;

/** Metrics of one environment, by where they come from. */
export class WatchedMetrics {
  private readonly names: Names;

  constructor(names: Names) {
    this.names = names;
  }

  /** A metric that a function emits itself. */
  own(key: keyof typeof METRICS, statistic?: Statistic): Metric {
    const { name, service, unit } = METRICS[key];
    return new Metric({
      namespace: this.names.metricNamespace,
      metricName: name,
      dimensionsMap: { service },
      statistic: statistic ?? usual(unit),
      period: PERIOD,
    });
  }

  /** A metric that Lambda keeps of a function. */
  lambda(service: ServiceName, metricName: string, statistic: Statistic = 'Sum'): Metric {
    return this.aws('Lambda', metricName, { FunctionName: functionName(this.names, service) }, statistic);
  }

  /** A metric that Lambda keeps of a mapping. */
  mapping(mappingId: string, metricName: string): Metric {
    return this.aws('Lambda', metricName, { EventSourceMappingUUID: mappingId }, 'Sum');
  }

  stream(metricName: string, statistic: Statistic): Metric {
    return this.aws('Kinesis', metricName, { StreamName: this.names.stream }, statistic);
  }

  state(metricName: string, statistic: Statistic = 'Sum'): Metric {
    return this.aws('DynamoDB', metricName, { TableName: this.names.stateTable }, statistic);
  }

  delivery(table: string, metricName: string, statistic: Statistic): Metric {
    return this.aws('Firehose', metricName, { DeliveryStreamName: deliveryStreamName(this.names.prefix, table) }, statistic);
  }

  queue(queueName: string): Metric {
    return this.aws('SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: queueName }, 'Maximum');
  }

  /** A metric that Step Functions keeps of the backfills. */
  backfills(metricName: string): Metric {
    return this.aws('States', metricName, { StateMachineArn: arnOf('states', `stateMachine:${this.names.backfill}`) }, 'Sum');
  }

  topic(topicName: string, metricName: string): Metric {
    return this.aws('SNS', metricName, { TopicName: topicName }, 'Sum');
  }

  /** Share of the events that ended in a bin; 0 while there are few. */
  share(bin: Bins, label: string): MathExpression {
    return new MathExpression({
      expression: `IF(seen >= ${SHARE_EVENTS_MIN}, ${bin} / seen, 0)`,
      usingMetrics: { seen: this.own('seen'), [bin]: this.own(bin) },
      period: PERIOD,
      label,
    });
  }

  /** Events that are in no bin, or in two: seen less the sum of the bins. */
  imbalance(): MathExpression {
    const bins: Bins[] = ['seen', 'accepted', 'late', 'duplicate', 'quarantined'];
    return new MathExpression({
      expression: 'ABS(seen - accepted - late - duplicate - quarantined)',
      usingMetrics: Object.fromEntries(bins.map((bin) => [bin, this.own(bin)])),
      period: PERIOD,
      label: 'Events not in exactly one bin',
    });
  }

  private aws(service: string, metricName: string, dimensionsMap: Record<string, string>, statistic: Statistic): Metric {
    return new Metric({ namespace: `AWS/${service}`, metricName, dimensionsMap, statistic, period: PERIOD });
  }
}

function usual(unit: MetricUnit): Statistic {
  return unit === 'Count' ? 'Sum' : 'Maximum';
}
