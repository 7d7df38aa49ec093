import { Alarm, AlarmStatusWidget, Dashboard, GraphWidget, type IMetric, type IWidget, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { SERVICES } from '../../lake/metrics.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { arnOf, type Names } from '../names.ts';
import type { WatchedMetrics } from './watched-metrics.ts';

/** What the dashboard shows. */
export interface OverviewProps {
  readonly names: Names;
  readonly metrics: WatchedMetrics;
  readonly tables: readonly TableSchema[];
  readonly alarmNames: readonly string[];
}

const FULL_WIDTH = 24;

/** One dashboard that answers, from the top: is it healthy, is it late, what does it decide. */
export class Overview extends Construct {
  constructor(scope: Construct, id: string, props: OverviewProps) {
    super(scope, id);
    new Dashboard(this, 'Dashboard', {
      dashboardName: props.names.prefix,
      widgets: [
        [heading('Is it healthy?')],
        [alarms(this, props.alarmNames)],
        health(props),
        [heading('Is it late?')],
        lateness(props),
        [heading('What does it decide?')],
        decisions(props),
      ],
    });
  }
}

function heading(text: string): IWidget {
  return new TextWidget({ markdown: `# ${text}`, width: FULL_WIDTH, height: 1 });
}

/** By ARN: an alarm that is left out where it cannot be made leaves no hole in the stack. */
function alarms(scope: Construct, names: readonly string[]): IWidget {
  return new AlarmStatusWidget({
    title: 'Alarms',
    alarms: names.map((name) => Alarm.fromAlarmArn(scope, `Shown-${name}`, arnOf('cloudwatch', `alarm:${name}`))),
    width: FULL_WIDTH,
    height: 5,
  });
}

function graph(title: string, width: number, left: IMetric[], right: IMetric[] = []): IWidget {
  return new GraphWidget({ title, width, height: 6, left, right, leftYAxis: { min: 0 } });
}

function health({ metrics }: OverviewProps): IWidget[] {
  const bins = ['accepted', 'late', 'duplicate', 'quarantined'] as const;
  return [
    graph('Events by bin', 8, [...bins.map((bin) => metrics.own(bin))], [metrics.imbalance()]),
    graph('Function errors and throttles', 8, [
      ...SERVICES.map((service) => metrics.lambda(service, 'Errors').with({ label: `${service} errors` })),
      ...SERVICES.map((service) => metrics.lambda(service, 'Throttles').with({ label: `${service} throttles` })),
    ]),
    graph(
      'State: largest item, throttles',
      8,
      [metrics.own('stateItemBytes')],
      [metrics.state('WriteThrottleEvents'), metrics.state('ReadThrottleEvents')],
    ),
  ];
}

function lateness({ metrics, tables }: OverviewProps): IWidget[] {
  return [
    graph('Oldest unread record, ms', 6, [metrics.stream('GetRecords.IteratorAgeMilliseconds', 'Maximum')]),
    graph('Event lag and watermark lag, ms', 6, [metrics.own('eventLag', 'p99'), metrics.own('watermarkLag')]),
    graph('Late and quarantined share', 6, [metrics.share('late', 'late'), metrics.share('quarantined', 'quarantined')]),
    graph(
      'Oldest row on its way to the lake, s',
      6,
      tables.map(({ name }) => metrics.delivery(name, 'DeliveryToS3.DataFreshness', 'Maximum').with({ label: name })),
    ),
  ];
}

function decisions({ metrics }: OverviewProps): IWidget[] {
  return [
    graph('Decisions', 8, [metrics.own('approved'), metrics.own('reviewed'), metrics.own('declined')]),
    graph(
      'Alerts: fired, and what became of them',
      8,
      (['alertsFired', 'alertsTold', 'alertsFolded', 'alertsSnoozed', 'alertsOverBudget'] as const).map((key) => metrics.own(key)),
      [metrics.own('alertsWaiting', 'Maximum')],
    ),
    graph(
      'Lake: hours compacted, oldest landing file, ms',
      24,
      [metrics.own('partitionsCompacted'), metrics.own('compactionsFailed')],
      [metrics.own('oldestWaiting')],
    ),
    graph('Windows closed', 8, [metrics.own('windowsClosed')], [metrics.own('circuitOpen', 'Maximum')]),
  ];
}
