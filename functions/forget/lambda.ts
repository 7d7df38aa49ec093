import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { compilePlan } from '../../core/plan.ts';
import { SortEngine } from '../../lake/compaction/engine.ts';
import { clientOptions } from '../adapters/client-options.ts';
import { DynamoStateStore } from '../adapters/dynamo-state-store.ts';
import { streamEpoch } from '../adapters/kinesis-epoch.ts';
import { KinesisShards } from '../adapters/kinesis-shards.ts';
import { deployedLake } from '../adapters/lake-ports.ts';
import { WORK_FOLDER } from '../backfill/workflow/states.ts';
import { lazy } from '../lazy.ts';
import { deadlineOf, type LambdaContext } from '../observability/context.ts';
import { openLog } from '../observability/log.ts';
import { traced } from '../observability/trace.ts';
import { pipelineNamed } from '../pipeline.ts';
import { processFolder } from '../process-folder.ts';
import { forgetConfig } from './config.ts';
import { createForget, type ForgetEvent } from './handler.ts';
import { isProcessed } from './processed.ts';
import { storedSecret } from './secret.ts';

const CALL_TIMEOUT_MS = 60_000;
/** A quarter of the function's memory each for the engine that looks and the one that writes; the process takes as much again. */
const ENGINE_MB = 512;
const WRITER_MB = 512;
/** Folder of the secret in the lake's bucket, beside the lake. */
const ERASURE_FOLDER = 'erasure/';

const log = openLog();
const retry = { random: Math.random };

const open = lazy(async () => {
  const config = forgetConfig(process.env);
  const { pipeline, rules } = pipelineNamed(config.pipeline);
  const kinesis = new KinesisClient(clientOptions(CALL_TIMEOUT_MS));
  const { lake, folderOf } = deployedLake({
    bucket: config.lakeBucket,
    database: config.database,
    folder: processFolder('forget'),
    writerMb: WRITER_MB,
    callTimeoutMs: CALL_TIMEOUT_MS,
    retry,
  });
  const dynamo = new DynamoDBClient(clientOptions(CALL_TIMEOUT_MS));
  const store = new DynamoStateStore({ client: dynamo, table: config.stateTable, clock: Date.now, retry });
  const shards = new KinesisShards({ client: kinesis, stream: config.stream, arn: config.streamArn, retry });
  const engine = new SortEngine({ scratch: lake.files.scratch('engine'), memoryMb: ENGINE_MB, threads: 1 });
  const epoch = (): Promise<string> => streamEpoch(kinesis, config.stream, retry);
  return createForget({
    ...lake,
    engine,
    store,
    work: folderOf(WORK_FOLDER).objects,
    blobs: 'base64',
    settle: async () => engine.rest(),
    live: {
      landingMs: config.landingMs,
      isProcessed: async (byMs) => isProcessed({ store, shards, streamEpoch: await epoch() }, byMs),
      pause: (ms) => sleep(ms),
    },
    request: { plan: compilePlan(pipeline), rules: rules.rules, remains: REMAINS },
    streamEpoch: epoch,
    secret: () => storedSecret(folderOf(ERASURE_FOLDER).objects),
  });
});

const REMAINS = [
  'the stream keeps what was put until its retention of 168 hours ends, the change stream of the state for 24 hours',
  'earlier versions of objects in S3 and point-in-time recovery of the state keep what was there until their time is up (oldVersionsDays; 35 days)',
  'results of queries, batches that failed, rows that could not be delivered, and logs stay until their own age removes them',
  'what subscribers of alerts were told, input files, exports and copies are not part of it',
];

/** Entry of people, who call it until it is done. */
export async function handler(event: ForgetEvent, context: LambdaContext): Promise<unknown> {
  // Never whom it is about.
  const ids = { request: context.awsRequestId, ask: event.ask };
  try {
    const run = await open();
    const nowMs = Date.now();
    const signal = AbortSignal.timeout(Math.max(0, deadlineOf(context, nowMs) - nowMs));
    const outcome = await traced('forget', ids, () => run(event, signal));
    log.info('a question to erasure was answered', ids);
    return outcome;
  } catch (error) {
    // By its name only: a message may say who.
    log.warn('erasure stopped; the same command again goes on', { ...ids, reason: error instanceof Error ? error.name : 'Error' });
    throw error;
  }
}
