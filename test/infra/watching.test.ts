import { describe, expect, test } from 'vitest';
import { SIZES, type SizeName } from '../../infra/sizes.ts';
import { METRICS, SERVICES } from '../../lake/metrics.ts';
import { tablesOf } from '../../lake/tables.ts';
import { pipeline } from '../../pipelines/payments/pipeline.ts';
import { configOf, flat, templatesOf } from './support.ts';

interface Alarm {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly AlarmActions: readonly string[];
  readonly OKActions: readonly string[];
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Metrics?: readonly {
    readonly Expression?: string;
    readonly Id: string;
    readonly MetricStat?: { readonly Metric: { readonly MetricName: string } };
  }[];
}

const tables = tablesOf(pipeline).map(({ name }) => name.replaceAll('_', '-'));
const sizes = Object.keys(SIZES) as SizeName[];
const settings = { logRetentionDays: 60, quarantinedShareMax: 0.03, lateShareMax: 0.04 };
const made = new Map(await Promise.all(sizes.map(async (size) => [size, await templatesOf(configOf({ size, ...settings }))] as const)));

describe.each(sizes)('in the size %s', (size) => {
  const templates = made.get(size);
  if (templates === undefined) throw new Error(size);
  const alarms = new Map(
    templates.properties('AWS::CloudWatch::Alarm').map((one) => {
      const alarm = flat(one) as Alarm;
      return [alarm.AlarmName.replace('headrace-dev-', ''), alarm] as const;
    }),
  );

  test.each([
    [
      'the iterator is as old as half of the retention',
      'stream-half-lost',
      'AWS/Kinesis GetRecords.IteratorAgeMilliseconds',
      84 * 3_600_000,
    ],
    ['producers are refused', 'stream-write-throttles', 'AWS/Kinesis WriteProvisionedThroughputExceeded', 1],
    ['readers are refused', 'stream-read-throttles', 'AWS/Kinesis ReadProvisionedThroughputExceeded', 1],
    ['state writes are throttled', 'state-write-throttles', 'AWS/DynamoDB WriteThrottleEvents', 1],
    ['state reads are throttled', 'state-read-throttles', 'AWS/DynamoDB ReadThrottleEvents', 1],
    ['the mapping writes an on-failure object', 'stream-given-up', 'AWS/Lambda OnFailureDestinationDeliveredEventCount', 1],
    ['the mapping drops records', 'stream-dropped', 'AWS/Lambda DroppedEventCount', 1],
    ['a state item nears its limit', 'state-item-large', 'Headrace/dev StateItemBytes', 256 * 1024],
    ['windows do not close', 'watermark-standstill', 'Headrace/dev WatermarkLag', 2 * 3_600_000],
    ['a circuit is open', 'alerts-circuit-open', 'Headrace/dev CircuitOpen', 1],
  ])('there is an alarm when %s', (_, name, metric, threshold) => {
    const alarm = alarms.get(name);
    expect([`${alarm?.Namespace} ${alarm?.MetricName}`, alarm?.Threshold]).toEqual([metric, threshold]);
    expect(alarm?.ComparisonOperator).toBe('GreaterThanOrEqualToThreshold');
  });

  test.each([
    ['too many events are quarantined', 'quarantined-share', 'IF(seen >= 100, quarantined / seen, 0)', 0.03],
    ['too many events are late', 'late-share', 'IF(seen >= 100, late / seen, 0)', 0.04],
    ['the ledger does not balance', 'ledger-imbalance', 'ABS(seen - accepted - late - duplicate - quarantined)', 1],
  ])('there is an alarm when %s', (_, name, expression, threshold) => {
    const { Metrics: metrics = [], Threshold } = alarms.get(name) ?? {};
    expect(metrics.map(({ Expression }) => Expression).filter((one) => one !== undefined)).toEqual([expression]);
    expect(Threshold).toBe(threshold);
    for (const id of expression.match(/\b[a-z]+\b/g) ?? []) {
      const spec = METRICS[id as keyof typeof METRICS];
      expect(metrics.find(({ Id }) => Id === id)?.MetricStat?.Metric.MetricName).toBe(spec.name);
    }
  });

  test.each(tables)('there are alarms when rows of %s are not converted, and when they do not arrive', (table) => {
    expect(alarms.get(`delivery-conversion-${table}`)).toMatchObject({ MetricName: 'FailedConversion.Records', Threshold: 1 });
    expect(alarms.get(`delivery-late-${table}`)).toMatchObject({
      MetricName: 'DeliveryToS3.DataFreshness',
      Threshold: 3 * SIZES[size].deliveryBufferS,
      Dimensions: [{ Name: 'DeliveryStreamName', Value: `headrace-dev-${table}` }],
    });
  });

  test.each([
    ['fails', 'backfill-failed', 'ExecutionsFailed'],
    ['is ended by a time limit', 'backfill-timed-out', 'ExecutionsTimedOut'],
    ['is stopped', 'backfill-aborted', 'ExecutionsAborted'],
  ])('there is an alarm when a backfill %s', (_, name, metric) => {
    const machine = 'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:headrace-dev-backfill';
    expect(alarms.get(name)).toMatchObject({
      Namespace: 'AWS/States',
      MetricName: metric,
      Threshold: 1,
      Dimensions: [{ Name: 'StateMachineArn', Value: machine }],
    });
  });

  test('a call of a backfill that waits for its engine alarms nobody, though it fails', () => {
    expect([alarms.has('backfill-errors'), alarms.has('backfill-throttles')]).toEqual([false, true]);
  });

  test.each(SERVICES.filter((one) => one !== 'backfill'))('there are alarms when %s fails, and when it is not started', (service) => {
    for (const [name, metric] of [
      ['errors', 'Errors'],
      ['throttles', 'Throttles'],
    ])
      expect(alarms.get(`${service}-${name}`)).toMatchObject({
        MetricName: metric,
        Dimensions: [{ Name: 'FunctionName', Value: `headrace-dev-${service}` }],
      });
  });

  test('there is an alarm for each queue of failures', () => {
    const queues = templates.properties('AWS::SQS::Queue').map((one) => one['QueueName']);
    const watched = [...alarms.values()].filter(({ Namespace }) => Namespace === 'AWS/SQS').map(({ Dimensions }) => Dimensions?.[0]?.Value);
    expect(watched.sort()).toEqual(queues.sort());
    expect(queues).toHaveLength(7);
  });

  test('the closer not running at all is alarmed by the missing value; nothing else is', () => {
    const missing = [...alarms].flatMap(([name, { TreatMissingData }]) => (TreatMissingData === 'breaching' ? [name] : []));
    expect(missing).toEqual(['closer-stopped']);
  });

  test('each alarm tells the operators when it begins and ends, and says what to do', () => {
    for (const { AlarmActions, OKActions, AlarmDescription } of alarms.values()) {
      expect(AlarmActions).toEqual([expect.stringContaining('AlarmTopic')]);
      expect(OKActions).toEqual(AlarmActions);
      expect(AlarmDescription).toMatch(/^[A-Za-z].{30,}\.$/);
    }
  });

  test('alarms may publish to the topic of the operators, which takes nothing over plain HTTP', () => {
    const [policy] = [...templates.resources('AWS::SNS::TopicPolicy')].filter(([id]) => id.includes('AlarmTopic'));
    const text = JSON.stringify(flat(policy?.[1].Properties));
    expect(text).toContain('"aws:SourceArn":"arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:headrace-dev-*"');
    expect(text).toContain('"Principal":{"Service":"cloudwatch.amazonaws.com"}');
    expect(text).toContain('{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"');
  });

  test('the address of the operators is subscribed', () => {
    expect(templates.properties('AWS::SNS::Subscription')).toMatchObject([{ Protocol: 'email', Endpoint: 'ops@example.com' }]);
  });

  test('every function is traced and logs to a group of its own, encrypted and kept as long as configured', () => {
    const groups = templates.properties('AWS::Logs::LogGroup');
    expect(groups.map((one) => one['LogGroupName']).sort()).toEqual(
      [
        ...SERVICES.map((one) => `/aws/lambda/headrace-dev-${one}`),
        '/aws/kinesisfirehose/headrace-dev',
        '/aws/vendedlogs/states/headrace-dev-backfill',
      ].sort(),
    );
    for (const group of groups) expect(group).toMatchObject({ RetentionInDays: 60, KmsKeyId: expect.anything() });
    for (const one of templates.properties('AWS::Lambda::Function'))
      expect(one).toMatchObject({
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogGroup: expect.anything() },
        Runtime: 'nodejs24.x',
        // The engine of compaction, backfill and erasure comes for the other architecture.
        Architectures: [/-(compact|backfill|forget)$/.test(String(one['FunctionName'])) ? 'x86_64' : 'arm64'],
        Handler: 'index.handler',
      });
  });

  test('the dashboard answers, from the top: is it healthy, is it late, what does it decide', () => {
    const [dashboard] = templates.properties('AWS::CloudWatch::Dashboard');
    const { widgets } = JSON.parse(String(flat(dashboard?.['DashboardBody']))) as {
      readonly widgets: readonly {
        readonly type: string;
        readonly y: number;
        readonly properties: { readonly markdown?: string; readonly alarms?: readonly string[] };
      }[];
    };
    const headings = widgets.filter(({ type }) => type === 'text');
    expect(headings.map(({ properties }) => properties.markdown)).toEqual(['# Is it healthy?', '# Is it late?', '# What does it decide?']);
    expect(headings.map(({ y }) => y)).toEqual(headings.map(({ y }) => y).sort((a, b) => a - b));
    const shown = widgets.flatMap(({ properties }) => properties.alarms ?? []).map((arn) => arn.slice(arn.lastIndexOf(':') + 1));
    expect(shown.sort()).toEqual([...alarms.values()].map(({ AlarmName }) => AlarmName).sort());
  });
});
