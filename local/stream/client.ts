import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  IncreaseStreamRetentionPeriodCommand,
  KinesisClient,
  ResourceInUseException,
  ResourceNotFoundException,
  type StreamDescriptionSummary,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { RetriableError, usageError } from '../../core/errors.ts';

/** Unread data must outlive a long stop: the endpoint deletes what is older on reading, so all streams keep a week. */
export const RETENTION_HOURS = 168;

/** How often, and how many times, a stream is asked whether it is ready. */
const READY_POLL_MS = 20;
const READY_POLLS_MAX = 500;

/** Creating takes milliseconds here. A stream that is at it for longer was cut off by a crash and holds nothing yet. */
const STUCK_POLLS = 100;

/** Options of a Kinesis client. */
export interface StreamClientOptions {
  /** Address of the endpoint. */
  readonly endpoint: string;
  /** Attempts per call, default 3; 1 where the caller must know whether a call was made twice. */
  readonly attemptsMax?: number;
}

/** What a stream is, once it takes records. */
export interface StreamIdentity {
  readonly name: string;
  readonly arn: string;
  /** Epoch seconds of its creation: tells a stream from an earlier one of the same name. */
  readonly creationEpoch: number;
  /** Shards that take records now; may differ from the number asked for when the stream was there already. */
  readonly openShards: number;
}

/** A Kinesis client for the local endpoint, with made-up credentials. It speaks HTTP/1.1: the SDK's default is HTTP/2. */
export function streamClient(options: StreamClientOptions): KinesisClient {
  return new KinesisClient({
    endpoint: options.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: options.attemptsMax ?? 3,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 5_000, requestTimeout: 60_000 }),
  });
}

async function summary(client: KinesisClient, name: string): Promise<StreamDescriptionSummary | undefined> {
  try {
    const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }));
    return answer.StreamDescriptionSummary;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function create(client: KinesisClient, name: string, shardCount: number): Promise<void> {
  try {
    await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shardCount }));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

async function whenReady(client: KinesisClient, name: string, shardCount: number): Promise<StreamDescriptionSummary> {
  for (let poll = 1; poll <= READY_POLLS_MAX; poll++) {
    const found = await summary(client, name);
    // A stream being resharded takes and gives records all the while.
    if (found?.StreamStatus === 'ACTIVE' || found?.StreamStatus === 'UPDATING') return found;
    if (found === undefined) await create(client, name, shardCount);
    else if (found.StreamStatus === 'CREATING' && poll === STUCK_POLLS) await client.send(new DeleteStreamCommand({ StreamName: name }));
    await sleep(READY_POLL_MS);
  }
  throw new RetriableError(`stream ${name} did not become active within ${READY_POLLS_MAX * READY_POLL_MS} ms`);
}

/** Creates the stream if it is absent, waits until it takes records, and keeps its data for a week. Returns it as it is. */
export async function ensureStream(client: KinesisClient, name: string, shardCount: number): Promise<StreamIdentity> {
  if (!Number.isInteger(shardCount) || shardCount < 1) throw usageError('shard count', shardCount, 'an integer of at least 1');
  const ready = await whenReady(client, name, shardCount);
  if ((ready.RetentionPeriodHours ?? 0) < RETENTION_HOURS) {
    await client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName: name, RetentionPeriodHours: RETENTION_HOURS }));
  }
  return {
    name,
    arn: ready.StreamARN ?? '',
    creationEpoch: Math.floor((ready.StreamCreationTimestamp?.getTime() ?? 0) / 1000),
    openShards: ready.OpenShardCount ?? 0,
  };
}
