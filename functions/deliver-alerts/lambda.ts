import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { clientOptions } from '../adapters/client-options.ts';
import { DynamoStateStore } from '../adapters/dynamo-state-store.ts';
import { EventBridgeSubscriber } from '../adapters/event-bridge-subscriber.ts';
import type { RetryOptions } from '../adapters/retry.ts';
import { SnsSubscriber } from '../adapters/sns-subscriber.ts';
import type { KinesisBatchResponse } from '../kinesis-event.ts';
import { lazy } from '../lazy.ts';
import { deadlineOf, type LambdaContext } from '../observability/context.ts';
import { openLog } from '../observability/log.ts';
import { type Meter, openMeter } from '../observability/meter.ts';
import { traced } from '../observability/trace.ts';
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
  const handle = createDeliverAlerts({
    store: new DynamoStateStore({ client: new DynamoDBClient(options), table: config.stateTable, clock: Date.now, retry }),
    subscribers: [
      new EventBridgeSubscriber({ client: new EventBridgeClient(options), bus: config.bus, retry: subscriberRetry }),
      new SnsSubscriber({ client: new SNSClient(options), topicArn: config.topicArn, retry: subscriberRetry }),
    ],
    clock: Date.now,
    random: Math.random,
    observe: (report) => observe(meter, report),
    onBroken: (change) => log.warn('an alert item holds no alert; it stays in the state table', { change }),
    onStoreError: (error) => log.error('the state table failed; the rest of the batch is handed out again', error, {}),
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
