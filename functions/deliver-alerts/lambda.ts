import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { SNSClient } from '@aws-sdk/client-sns';
import { cachedSnoozes } from '../../lake/snoozes.ts';
import { tablesOf } from '../../lake/tables.ts';
import { clientOptions } from '../adapters/client-options.ts';
import { DynamoStateStore } from '../adapters/dynamo-state-store.ts';
import { EventBridgeSubscriber } from '../adapters/event-bridge-subscriber.ts';
import { FirehoseDelivery } from '../adapters/firehose-delivery.ts';
import { lakeObjects } from '../adapters/lake-objects.ts';
import { oversizeLanding } from '../adapters/oversize-landing.ts';
import type { RetryOptions } from '../adapters/retry.ts';
import { SnsSubscriber } from '../adapters/sns-subscriber.ts';
import type { KinesisBatchResponse } from '../kinesis-event.ts';
import { lazy } from '../lazy.ts';
import { deadlineOf, type LambdaContext } from '../observability/context.ts';
import { openLog } from '../observability/log.ts';
import { type Meter, openMeter } from '../observability/meter.ts';
import { traced } from '../observability/trace.ts';
import { pipelineNamed } from '../pipeline.ts';
import { ruleAlerts } from './arrival.ts';
import { deliverAlertsConfig } from './config.ts';
import type { DeliveryReport } from './delivery.ts';
import type { TableStreamEvent, TickEvent } from './event.ts';
import { createDeliverAlerts } from './handler.ts';

const CALL_TIMEOUT_MS = 5_000;
/** Few tries for subscribers: their circuit breaker has the patience, and the call has a minute. */
const SUBSCRIBER_ATTEMPTS_MAX = 2;

const log = openLog();

const open = lazy(async () => {
  const config = deliverAlertsConfig(process.env);
  const meter = openMeter(config.namespace, 'deliver-alerts');
  const retry: RetryOptions = { random: Math.random };
  const subscriberRetry: RetryOptions = { random: Math.random, attemptsMax: SUBSCRIBER_ATTEMPTS_MAX };
  const options = clientOptions(CALL_TIMEOUT_MS);
  const { pipeline, rules } = pipelineNamed(config.pipeline);
  const store = new DynamoStateStore({ client: new DynamoDBClient(options), table: config.stateTable, clock: Date.now, retry });
  const objects = lakeObjects(config.lakeBucket, retry);
  const handle = createDeliverAlerts({
    store,
    pipeline,
    ruleAlertOf: ruleAlerts(rules, objects),
    snoozes: cachedSnoozes(objects, Date.now, (error) =>
      log.error('the list of snoozes cannot be read; the last one that was read holds', error, {}),
    ),
    delivery: new FirehoseDelivery({
      client: new FirehoseClient(options),
      prefix: config.deliveryPrefix,
      tables: tablesOf(pipeline),
      retry,
      // A row of this table is far below what Firehose takes.
      oversize: oversizeLanding(async () => objects),
      ...(config.recordRowsMax === undefined ? {} : { recordRowsMax: config.recordRowsMax }),
    }),
    subscribers: [
      new EventBridgeSubscriber({ client: new EventBridgeClient(options), bus: config.bus, retry: subscriberRetry }),
      new SnsSubscriber({ client: new SNSClient(options), topicArn: config.topicArn, retry: subscriberRetry }),
    ],
    clock: Date.now,
    random: Math.random,
    observe: (report) => observe(meter, report),
    onFates: ({ told, folded, snoozed, over_budget: overBudget }) => {
      meter.add('alertsTold', told);
      meter.add('alertsFolded', folded);
      meter.add('alertsSnoozed', snoozed);
      meter.add('alertsOverBudget', overBudget);
    },
    onBroken: (change) => log.warn('an alert item holds no alert; it stays in the state table', { change }),
  });
  return { handle, meter };
});

function observe(meter: Meter, report: DeliveryReport): void {
  const { subscriber, delivered, parked, waiting, expired, isOpen, failure } = report;
  meter.add('alertsDelivered', delivered);
  meter.add('alertsWaiting', waiting);
  meter.add('circuitOpen', isOpen ? 1 : 0);
  const ids = { subscriber, delivered, parked, waiting };
  if (failure !== undefined) log.error('a subscriber did not take alerts; they are parked', failure, ids);
  if (expired > 0) log.warn('parked alerts had expired; the table alerts has them', { subscriber, expired });
}

/** Entry of the mapping of the state table's stream and of the schedule. */
export async function handler(event: TableStreamEvent | TickEvent, context: LambdaContext): Promise<KinesisBatchResponse> {
  const records = event.Records ?? [];
  const ids = {
    batch: context.awsRequestId,
    records: records.length,
    first_sequence: records[0]?.dynamodb.SequenceNumber ?? '',
    last_sequence: records.at(-1)?.dynamodb.SequenceNumber ?? '',
  };
  try {
    const { handle, meter } = await open();
    try {
      const answer = await traced('deliver-alerts', ids, () => handle(event, deadlineOf(context, Date.now())));
      log.info(event.Records === undefined ? 'tick' : 'batch', { ...ids, stopped_at: answer.batchItemFailures[0]?.itemIdentifier ?? null });
      return answer;
    } finally {
      meter.publish();
    }
  } catch (error) {
    log.error('alerts were not handed over; they are handed out again', error, ids);
    throw error;
  }
}
