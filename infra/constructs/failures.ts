import { SERVICES, type ServiceName } from '../../lake/metrics.ts';
import type { TableSchema } from '../../lake/schema.ts';
import type { EnvironmentConfig } from '../config.ts';
import type { Names } from '../names.ts';
import type { Size } from '../sizes.ts';
import type { AlarmSpec } from './alarms.ts';
import { RETENTION_HOURS } from './event-stream.ts';
import type { WatchedMetrics } from './watched-metrics.ts';

/** What the alarms are about. */
export interface Watched {
  readonly metrics: WatchedMetrics;
  readonly names: Names;
  readonly config: EnvironmentConfig;
  readonly size: Size;
  readonly tables: readonly TableSchema[];
  /** Mapping ids by the function they feed. */
  readonly mappings: Readonly<Record<'process-stream' | 'deliver-alerts', string>>;
  readonly queues: readonly string[];
}

const MINUTE_MS = 60_000;
/** Behind by so much: a person should know, days before anything could be lost. */
const BEHIND_MS = 15 * MINUTE_MS;
/** Half of the retention: the other half is the time there is to mend it. */
const AGE_MAX_MS = (RETENTION_HOURS / 2) * 60 * MINUTE_MS;
/** Items end at 400 KB; past 256 KB there is still time to look which key or group holds so much. */
const STATE_ITEM_BYTES = 256 * 1024;
/** Delivery is late when the oldest row waits for three buffers. */
const BUFFERS_LATE = 3;
/** Windows follow the events by lateness and out-of-orderness; an hour more is a standstill. */
const WATERMARK_LAG_MS = 120 * MINUTE_MS;
/** Hours are compacted within two hours of their end. */
const WAITING_MS = 180 * MINUTE_MS;

/** Of a backfill whose engine is at work a call fails on purpose: its workflow has alarms of its own. */
const WAITING_ERRORS = 'backfill-errors';

/** Every failure that the pipeline can meet, each with its alarm. */
export function failureAlarms(watched: Watched): AlarmSpec[] {
  return [
    ...streamAlarms(watched),
    ...eventAlarms(watched),
    ...stateAlarms(watched),
    ...alertAlarms(watched),
    ...lakeAlarms(watched),
    ...backfillAlarms(watched),
    ...SERVICES.flatMap((service) => functionAlarms(watched, service)).filter(({ name }) => name !== WAITING_ERRORS),
    ...watched.tables.flatMap((table) => deliveryAlarms(watched, table)),
    ...watched.queues.map((queue) => queueAlarm(watched, queue)),
  ];
}

function streamAlarms({ metrics, mappings }: Watched): AlarmSpec[] {
  const age = metrics.stream('GetRecords.IteratorAgeMilliseconds', 'Maximum');
  const once = { threshold: 1 };
  return [
    {
      name: 'stream-behind',
      description: 'Records wait for more than 15 minutes. See the errors of process-stream; if it is well, add shards.',
      metric: age,
      threshold: BEHIND_MS,
      points: 3,
      periods: 3,
    },
    {
      name: 'stream-half-lost',
      description: 'Records have waited for half of the retention; the rest of it is left before they are lost. Mend process-stream now.',
      metric: age,
      threshold: AGE_MAX_MS,
    },
    {
      name: 'stream-write-throttles',
      description: 'Producers are refused. Add shards, or look for one partition key with most of the traffic.',
      metric: metrics.stream('WriteProvisionedThroughputExceeded', 'Sum'),
      ...once,
      points: 2,
      periods: 3,
    },
    {
      name: 'stream-read-throttles',
      description: 'Reads are refused. Another consumer shares the stream: give it enhanced fan-out.',
      metric: metrics.stream('ReadProvisionedThroughputExceeded', 'Sum'),
      ...once,
      points: 3,
      periods: 3,
    },
    {
      name: 'stream-given-up',
      description:
        'The mapping wrote a batch to the failures bucket, which should never happen. Put its records on the stream again; of those it had decided, windows stay short.',
      metric: metrics.mapping(mappings['process-stream'], 'OnFailureDestinationDeliveredEventCount'),
      ...once,
    },
    {
      name: 'stream-dropped',
      description: 'The mapping dropped records that it could not write anywhere. Compare ledger and archive.',
      metric: metrics.mapping(mappings['process-stream'], 'DroppedEventCount'),
      ...once,
    },
  ];
}

function eventAlarms({ metrics, config }: Watched): AlarmSpec[] {
  return [
    {
      name: 'quarantined-share',
      description: 'Too many events are quarantined. The named query quarantine-by-code says what is wrong with them.',
      metric: metrics.share('quarantined', 'Quarantined share'),
      threshold: config.quarantinedShareMax,
    },
    {
      name: 'late-share',
      description: 'Too many events come late. A producer holds them back, or the allowed lateness is too short.',
      metric: metrics.share('late', 'Late share'),
      threshold: config.lateShareMax,
    },
    {
      name: 'ledger-imbalance',
      description: 'Events are in no bin or in two. Compare with the named query where-events-went.',
      metric: metrics.imbalance(),
      threshold: 1,
    },
    {
      name: 'watermark-standstill',
      description: 'Windows have not closed for two hours. See the errors of close-windows and shards without traffic.',
      metric: metrics.own('watermarkLag'),
      threshold: WATERMARK_LAG_MS,
    },
    {
      name: 'closer-stopped',
      description: 'close-windows has not run for ten minutes. See its schedule and its failures queue.',
      metric: metrics.lambda('close-windows', 'Invocations'),
      threshold: 1,
      isBelow: true,
      points: 2,
      periods: 2,
    },
  ];
}

function stateAlarms({ metrics }: Watched): AlarmSpec[] {
  return [
    {
      name: 'state-item-large',
      description:
        'A state item is past 256 KB of the 400 KB it may have: the profile of one key, or one group of an aggregate. See what floods it.',
      metric: metrics.own('stateItemBytes'),
      threshold: STATE_ITEM_BYTES,
    },
    {
      name: 'state-write-throttles',
      description: 'State writes are refused. One partition takes too many: a longer batching window or more shards lower that.',
      metric: metrics.state('WriteThrottleEvents'),
      threshold: 1,
      points: 2,
      periods: 3,
    },
    {
      name: 'state-read-throttles',
      description: 'State reads are refused. One partition is read too often.',
      metric: metrics.state('ReadThrottleEvents'),
      threshold: 1,
      points: 2,
      periods: 3,
    },
  ];
}

function alertAlarms({ metrics, mappings, names }: Watched): AlarmSpec[] {
  return [
    {
      name: 'alerts-circuit-open',
      description: 'A subscriber of alerts is down. Alerts wait in the state table and go out when it is back.',
      metric: metrics.own('circuitOpen', 'Maximum'),
      threshold: 1,
      points: 2,
      periods: 2,
    },
    {
      name: 'alerts-given-up',
      description:
        'The mapping of the table stream gave up on new alerts, which were a day old. They are in the state table and in the table alerts.',
      metric: metrics.mapping(mappings['deliver-alerts'], 'OnFailureDestinationDeliveredEventCount'),
      threshold: 1,
    },
    {
      name: 'alerts-not-taken',
      description: 'A subscription of the alert topic does not take its messages.',
      metric: metrics.topic(names.alertTopic, 'NumberOfNotificationsFailed'),
      threshold: 1,
    },
  ];
}

function lakeAlarms({ metrics }: Watched): AlarmSpec[] {
  return [
    {
      name: 'compaction-failed',
      description: 'An hour of a table could not be compacted; what it had stays published. The log of compact says why and what to do.',
      metric: metrics.own('compactionsFailed'),
      threshold: 1,
    },
    {
      name: 'compaction-behind',
      description: 'A landing file waits for three hours to be part of a generation. See the log and the duration of compact.',
      metric: metrics.own('oldestWaiting'),
      threshold: WAITING_MS,
      points: 3,
      periods: 12,
    },
  ];
}

function backfillAlarms({ metrics, names }: Watched): AlarmSpec[] {
  const how = `Its execution in ${names.backfill} says where, and its report in the folder backfill/ of the lake bucket.`;
  return [
    {
      name: 'backfill-failed',
      description: `A backfill failed; what it had published is taken back. By night: the lake is not what the stream would make. ${how}`,
      metric: metrics.backfills('ExecutionsFailed'),
      threshold: 1,
    },
    {
      name: 'backfill-timed-out',
      description: `A backfill was ended by a time limit, without taking back what it had published. Run it again. ${how}`,
      metric: metrics.backfills('ExecutionsTimedOut'),
      threshold: 1,
    },
    {
      name: 'backfill-aborted',
      description: `A backfill was stopped, without taking back what it had published. Run it again. ${how}`,
      metric: metrics.backfills('ExecutionsAborted'),
      threshold: 1,
    },
  ];
}

function functionAlarms({ metrics }: Watched, service: ServiceName): AlarmSpec[] {
  return [
    {
      name: `${service}-errors`,
      description: `${service} fails. Its log names the service that refused, and what to do.`,
      metric: metrics.lambda(service, 'Errors'),
      // A lost swap or a throttled call fails a call and is right on the next; three in two periods are no accident.
      threshold: 3,
      points: 2,
      periods: 2,
    },
    {
      name: `${service}-throttles`,
      description: `${service} is not started: the account's concurrency is used up.`,
      metric: metrics.lambda(service, 'Throttles'),
      threshold: 1,
      points: 2,
      periods: 2,
    },
  ];
}

function deliveryAlarms({ metrics, size }: Watched, { name }: TableSchema): AlarmSpec[] {
  const label = name.replaceAll('_', '-');
  return [
    {
      name: `delivery-conversion-${label}`,
      description: `Rows of ${name} do not fit its columns and went to delivery-errors/. Compare definition and catalogue.`,
      metric: metrics.delivery(name, 'FailedConversion.Records', 'Sum'),
      threshold: 1,
    },
    {
      name: `delivery-late-${label}`,
      description: `Rows of ${name} do not reach the lake. See the role and the key of delivery.`,
      metric: metrics.delivery(name, 'DeliveryToS3.DataFreshness', 'Maximum'),
      threshold: BUFFERS_LATE * size.deliveryBufferS,
      points: 2,
      periods: 2,
    },
  ];
}

function queueAlarm({ metrics, names }: Watched, queue: string): AlarmSpec {
  return {
    name: `queue-${queue.slice(names.prefix.length + 1)}`,
    description: `Calls that came to nothing are in queue ${queue}. Each message says which and why.`,
    metric: metrics.queue(queue),
    threshold: 1,
  };
}
