import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { compilePlan, type Plan } from '../core/plan.ts';
import type { Clock, Delivery, StateStore, StreamShards } from '../core/ports.ts';
import { createRowBuilder, type RowBuilder } from '../lake/rows.ts';
import type { JudgingPipeline } from '../lake/rules/book.ts';
import { tablesOf } from '../lake/tables.ts';
import { clientOptions } from './adapters/client-options.ts';
import { DynamoStateStore } from './adapters/dynamo-state-store.ts';
import { FirehoseDelivery } from './adapters/firehose-delivery.ts';
import { streamEpoch } from './adapters/kinesis-epoch.ts';
import { KinesisShards } from './adapters/kinesis-shards.ts';
import { oversizeLanding } from './adapters/oversize-landing.ts';
import type { RetryOptions } from './adapters/retry.ts';
import { pipelineNamed } from './pipeline.ts';
import type { ProcessStreamConfig } from './process-stream/config.ts';

/** What processor and closer share: one pipeline over one stream, state table and delivery. */
export interface StreamPorts {
  readonly loaded: JudgingPipeline;
  readonly plan: Plan;
  readonly rows: RowBuilder;
  readonly store: StateStore;
  readonly delivery: Delivery;
  readonly shards: StreamShards;
  readonly streamEpoch: string;
  readonly clock: Clock;
}

/** An answer from state or stream comes within milliseconds; one that takes so long is lost. */
const STATE_TIMEOUT_MS = 5_000;
/** A call may carry 4 MB. */
const DELIVERY_TIMEOUT_MS = 30_000;

/** Connects to the AWS side of every port. `observeItemBytes` hears the size of the largest state item of each write. */
export async function openStreamPorts(config: ProcessStreamConfig, observeItemBytes: (bytes: number) => void): Promise<StreamPorts> {
  const loaded = pipelineNamed(config.pipeline);
  const retry: RetryOptions = { random: Math.random };
  const clock: Clock = Date.now;
  const kinesis = new KinesisClient(clientOptions(STATE_TIMEOUT_MS));
  const store = new DynamoStateStore({
    client: new DynamoDBClient(clientOptions(STATE_TIMEOUT_MS)),
    table: config.stateTable,
    clock,
    retry,
    observeItemBytes,
  });
  const delivery = new FirehoseDelivery({
    client: new FirehoseClient(clientOptions(DELIVERY_TIMEOUT_MS)),
    prefix: config.deliveryPrefix,
    tables: tablesOf(loaded.pipeline),
    retry,
    // Loaded when a row comes that is too large for Firehose, which few functions ever see.
    oversize: oversizeLanding(async () => (await import('./adapters/lake-objects.ts')).lakeObjects(config.lakeBucket, retry)),
    ...(config.recordRowsMax === undefined ? {} : { recordRowsMax: config.recordRowsMax }),
  });
  return {
    loaded,
    plan: compilePlan(loaded.pipeline),
    rows: createRowBuilder(loaded.pipeline),
    store,
    delivery,
    shards: new KinesisShards({ client: kinesis, stream: config.stream, arn: config.streamArn, retry }),
    streamEpoch: await streamEpoch(kinesis, config.stream, retry),
    clock,
  };
}
