import { type KinesisClient, PutRecordsCommand, type PutRecordsCommandOutput } from '@aws-sdk/client-kinesis';
import { KplPacker } from '../../core/decode/kpl-pack.ts';
import type { Clock, EventProducer, ProducedEvent } from '../../core/ports.ts';
import { checkEvents } from './event-limits.ts';
import { hashKeyOf, holdsHash, kinesisSource, type ShardRange } from './kinesis-source.ts';
import { backOff, type RetryOptions, withRetry } from './retry.ts';
import { errorOfCode, type ServiceCall, serviceError } from './service-error.ts';

/** What the producer works on. */
export interface KinesisProducerOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  readonly clock: Clock;
  readonly retry: RetryOptions;
  /** Largest record that the stream takes, partition key included; 1 MiB unless the stream was set to take more. */
  readonly recordBytesMax?: number;
}

interface StreamRecord {
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array;
}

/** Size of a full pack: several packs reach a reader in one batch, and a lost one costs little to send again. */
const PACK_BYTES_MAX = 256 * 1024;
/** Limits of one PutRecords call; bytes count partition keys too. */
const CALL_RECORDS_MAX = 500;
const CALL_BYTES_MAX = 5 * 1024 * 1024;
/** Age of the shard list: after a split, events go where the old list says for this long; readers count them as misrouted. */
const SHARDS_AGE_MAX_MS = 60_000;

/**
 * Puts events on a Kinesis stream, packed as the KPL packs them, shard by shard. A call holds one record of a shard at most: the
 * service may refuse any record of a call and take the others, and a later one of the same key must not overtake it. Calls of `send`
 * are served one after another. A lost reply sends the call again; repeats are dropped by event id downstream.
 */
export class KinesisProducer implements EventProducer {
  private readonly options: KinesisProducerOptions;
  private shards: { readonly open: readonly ShardRange[]; readonly listedMs: number } | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(options: KinesisProducerOptions) {
    this.options = options;
  }

  /** Throws EventTooLargeError or UsageError before anything is sent, ServiceError when the stream does not take the events. */
  async send(events: readonly ProducedEvent[]): Promise<void> {
    checkEvents(events, this.options.recordBytesMax);
    if (events.length === 0) return;
    const sent = this.last.then(() => this.sendAll(events));
    this.last = sent.catch(() => undefined);
    await sent;
  }

  private async sendAll(events: readonly ProducedEvent[]): Promise<void> {
    const queues = recordsOf(events, await this.openShards());
    for (let failures = 0; ; ) {
      const call = nextCall(queues);
      if (call.length === 0) return;
      const refused = await this.put(call);
      if (refused.length === 0) {
        failures = 0;
        continue;
      }
      failures = refused.length < call.length ? 1 : failures + 1;
      await backOff(this.options.retry, failures, () => this.refusal(refused));
    }
  }

  /** Puts the first record of each queue in one call; those taken leave their queue. Returns the error codes of the others. */
  private async put(call: readonly StreamRecord[][]): Promise<string[]> {
    const { client, stream, retry } = this.options;
    const heads = call.flatMap(([record]) => (record === undefined ? [] : [record]));
    const command = new PutRecordsCommand({
      StreamName: stream,
      Records: heads.map(({ partitionKey, explicitHashKey, data }) => ({
        PartitionKey: partitionKey,
        ExplicitHashKey: explicitHashKey,
        Data: data,
      })),
    });
    const answer: PutRecordsCommandOutput = await withRetry(retry, this.call('PutRecords'), () => client.send(command));
    const refused: string[] = [];
    for (const [i, queue] of call.entries()) {
      const code = answer.Records?.[i]?.ErrorCode;
      if (code === undefined) queue.shift();
      else refused.push(code);
    }
    return refused;
  }

  private async openShards(): Promise<readonly ShardRange[]> {
    const { client, stream, retry, clock } = this.options;
    if (this.shards === undefined || clock() - this.shards.listedMs > SHARDS_AGE_MAX_MS) {
      const listed = await withRetry(retry, this.call('ListShards'), () => kinesisSource(client, stream).shards());
      this.shards = { open: listed.filter(({ open }) => open), listedMs: clock() };
    }
    return this.shards.open;
  }

  private call(operation: string): ServiceCall {
    return { action: `kinesis:${operation}`, target: `stream ${this.options.stream}` };
  }

  private refusal(codes: readonly string[]): Error {
    const [code = 'InternalFailure'] = codes;
    return serviceError(this.call('PutRecords'), errorOfCode(code, `${codes.length} records were refused`));
  }
}

/** Events as records, one queue for each shard, in the order of the events. */
function recordsOf(events: readonly ProducedEvent[], open: readonly ShardRange[]): StreamRecord[][] {
  const shards = open.map((range) => ({
    range,
    records: [] as StreamRecord[],
    waiting: [] as ProducedEvent[],
    packer: new KplPacker(PACK_BYTES_MAX),
  }));
  const cut = (shard: (typeof shards)[number]): void => {
    const [first] = shard.waiting;
    if (first === undefined) return;
    const explicitHashKey = String(shard.range.firstHash);
    const packed = shard.packer.finish();
    // One event needs no pack: any reader understands it as it is.
    shard.records.push(shard.waiting.length === 1 ? plain(first) : { partitionKey: first.partitionKey, explicitHashKey, data: packed });
    shard.waiting = [];
  };
  for (const event of events) {
    const hashKey = hashKeyOf(event.partitionKey);
    const shard = shards.find(({ range }) => holdsHash(range, hashKey)) ?? shards[0];
    if (shard === undefined) throw new Error('the stream lists no open shard');
    if (!shard.packer.add(event.partitionKey, event.data)) {
      cut(shard);
      if (!shard.packer.add(event.partitionKey, event.data)) {
        shard.records.push(plain(event));
        continue;
      }
    }
    shard.waiting.push(event);
  }
  for (const shard of shards) cut(shard);
  return shards.map(({ records }) => records);
}

function plain({ partitionKey, data }: ProducedEvent): StreamRecord {
  return { partitionKey, explicitHashKey: undefined, data };
}

/** The queues whose first records go into the next call. */
function nextCall(queues: readonly StreamRecord[][]): StreamRecord[][] {
  const call: StreamRecord[][] = [];
  let bytes = 0;
  for (const queue of queues) {
    const [record] = queue;
    if (record === undefined || call.length === CALL_RECORDS_MAX) continue;
    const size = record.data.length + Buffer.byteLength(record.partitionKey);
    if (call.length > 0 && bytes + size > CALL_BYTES_MAX) continue;
    call.push(queue);
    bytes += size;
  }
  return call;
}
