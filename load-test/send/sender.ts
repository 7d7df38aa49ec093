import { type KinesisClient, PutRecordsCommand, type PutRecordsCommandOutput } from '@aws-sdk/client-kinesis';
import { KplPacker } from '../../core/decode/kpl-pack.ts';
import { hashKeyOf, holdsHash, kinesisSource, type ShardRange } from '../../functions/adapters/kinesis-source.ts';
import { backoffMs } from '../../functions/adapters/retry.ts';
import { outcomeOf, serviceError } from '../../functions/adapters/service-error.ts';
import { type OfferedEvent, type ShardLimits, ShardQueue } from './shard-queue.ts';
import { emptyTally, type Tally } from './tally.ts';

/** What a sender works on. */
export interface SenderOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  /** Packs events as the KPL does: a record for each shard and call. */
  readonly aggregate: boolean;
  /** What each shard may get from this sender; undefined for no limit. */
  readonly limits: ShardLimits | undefined;
  readonly clock: () => number;
  readonly random: () => number;
  /** The stream took a record with these events. */
  readonly onTaken: (taken: TakenRecord) => void;
  /** Nothing more will be sent: the target refuses for good. */
  readonly onFatal: (message: string) => void;
  /** Without any progress of a shard for so long, it gives up, ms. */
  readonly giveUpMs: number;
}

/** A record that lies in the stream. */
export interface TakenRecord {
  readonly shardId: string;
  readonly sequence: string;
  readonly events: readonly OfferedEvent[];
  readonly atMs: number;
}

interface CallRecord {
  readonly queue: ShardQueue;
  readonly events: readonly OfferedEvent[];
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array;
}

const CALL_RECORDS_MAX = 500;
const CALL_BYTES_MAX = 5 * 1024 * 1024;
/** As the producer of the command packs. */
const PACK_BYTES_MAX = 256 * 1024;
/** Limit of the rule for large amounts, minor units of euro. */
const EURO_LIMIT_MINOR = 22_000;

/** Puts events on a stream, each shard's in the order of the schedule, and counts what becomes of them. It never slows the schedule down. */
export class Sender {
  readonly tally: Tally = emptyTally();
  private readonly options: SenderOptions;
  private shards: { readonly range: ShardRange; readonly queue: ShardQueue }[] = [];
  private readonly placeOf = new Map<string, number>();
  private readonly calls = new Set<Promise<void>>();
  private readonly packer = new KplPacker(PACK_BYTES_MAX);
  private isDead = false;
  private lastError = 'no call was answered';

  constructor(options: SenderOptions) {
    this.options = options;
  }

  /** Asks the stream for its shards. Throws ServiceError. */
  async open(): Promise<void> {
    const { client, stream, limits, clock } = this.options;
    try {
      const open = (await kinesisSource(client, stream).shards()).filter((shard) => shard.open);
      this.shards = open.map((range) => ({ range, queue: new ShardQueue(limits, clock()) }));
    } catch (error) {
      throw serviceError({ action: 'kinesis:ListShards', target: `stream ${stream}` }, error);
    }
  }

  offer(event: OfferedEvent): void {
    this.tally.offered[event.kind] = (this.tally.offered[event.kind] ?? 0) + 1;
    this.tally.backlog += 1;
    const { queue } = this.shards[this.placeOfKey(event.partitionKey)] as (typeof this.shards)[number];
    if (queue.length === 0 && !queue.inFlight) queue.progressMs = this.options.clock();
    queue.push(event);
  }

  /** Starts as many calls as the shards allow now. */
  pump(): void {
    const now = this.options.clock();
    while (!this.isDead) {
      const call = this.nextCall(now);
      if (call.length === 0) break;
      const running: Promise<void> = this.put(call).finally(() => this.calls.delete(running));
      this.calls.add(running);
    }
    this.tally.held = this.shards.reduce((sum, { queue }) => sum + (queue.inFlight || queue.notBeforeMs > now ? 0 : queue.length), 0);
    this.giveUpIfStuck(now);
  }

  get isIdle(): boolean {
    return this.calls.size === 0 && (this.tally.backlog === 0 || this.isDead);
  }

  /** Starts no more calls, and waits for those under way. */
  async stop(): Promise<void> {
    this.isDead = true;
    await Promise.all(this.calls);
  }

  private placeOfKey(key: string): number {
    const known = this.placeOf.get(key);
    if (known !== undefined) return known;
    const hashKey = hashKeyOf(key);
    const place = Math.max(
      0,
      this.shards.findIndex(({ range }) => holdsHash(range, hashKey)),
    );
    this.placeOf.set(key, place);
    return place;
  }

  private nextCall(now: number): CallRecord[] {
    const call: CallRecord[] = [];
    let bytes = 0;
    for (const { range, queue } of this.shards) {
      if (queue.inFlight || queue.length === 0 || queue.notBeforeMs > now) continue;
      const before = call.length;
      while (call.length < CALL_RECORDS_MAX && bytes < CALL_BYTES_MAX - PACK_BYTES_MAX) {
        const record = this.options.aggregate ? this.packed(queue, range, now) : plain(queue, now);
        if (record === undefined) break;
        call.push(record);
        bytes += record.data.length + record.partitionKey.length;
        // A later pack of the call could overtake one that is refused.
        if (this.options.aggregate) break;
      }
      if (call.length > before) queue.inFlight = true;
    }
    return call;
  }

  private packed(queue: ShardQueue, range: ShardRange, now: number): CallRecord | undefined {
    if (!queue.admits(PACK_BYTES_MAX, now)) return undefined;
    const events: OfferedEvent[] = [];
    for (let event = queue.peek(); event !== undefined && this.packer.add(event.partitionKey, event.data); event = queue.peek()) {
      events.push(event);
      queue.shift();
    }
    const data = this.packer.finish();
    queue.spend(data.length);
    return { queue, events, data, partitionKey: events[0]?.partitionKey ?? '', explicitHashKey: String(range.firstHash) };
  }

  private async put(call: readonly CallRecord[]): Promise<void> {
    const { client, stream, clock, onTaken } = this.options;
    this.tally.calls += 1;
    const command = new PutRecordsCommand({
      StreamName: stream,
      Records: call.map(({ partitionKey, explicitHashKey, data }) => ({
        ...{ PartitionKey: partitionKey, Data: data },
        ...(explicitHashKey === undefined ? {} : { ExplicitHashKey: explicitHashKey }),
      })),
    });
    const answer = await client.send(command).catch((error: unknown) => this.noAnswer(call, error));
    const refused = new Map<ShardQueue, OfferedEvent[]>();
    for (const [i, record] of call.entries()) {
      const { SequenceNumber: sequence, ShardId: shardId, ErrorCode: code } = answer?.Records?.[i] ?? {};
      if (sequence !== undefined && shardId !== undefined) {
        this.taken(record.events);
        record.queue.progressMs = clock();
        onTaken({ shardId, sequence, events: record.events, atMs: clock() });
        continue;
      }
      if (answer !== undefined) this.refused(code ?? 'InternalFailure', answer.Records?.[i]?.ErrorMessage);
      refused.set(record.queue, [...(refused.get(record.queue) ?? []), ...record.events]);
    }
    for (const queue of new Set(call.map(({ queue: one }) => one))) this.settle(queue, refused.get(queue) ?? [], clock());
  }

  private taken(events: readonly OfferedEvent[]): void {
    for (const { kind, euroMinor } of events) {
      this.tally.sent[kind] = (this.tally.sent[kind] ?? 0) + 1;
      if (euroMinor > EURO_LIMIT_MINOR) this.tally.overLimit += 1;
    }
    this.tally.backlog -= events.length;
  }

  private refused(code: string, message: string | undefined): void {
    this.lastError = `${code}${message === undefined ? '' : `: ${message}`}`;
    if (code.includes('Throughput') || code.includes('Throttl')) this.tally.throttled += 1;
    else this.tally.failed += 1;
  }

  private settle(queue: ShardQueue, refused: readonly OfferedEvent[], now: number): void {
    queue.inFlight = false;
    if (refused.length === 0) {
      queue.failures = 0;
      return;
    }
    queue.putBack(refused);
    queue.failures += 1;
    queue.notBeforeMs = now + backoffMs(queue.failures, this.options.random);
  }

  /** A call without answer: throttled as a whole, lost, or refused for good. */
  private noAnswer(call: readonly CallRecord[], error: unknown): PutRecordsCommandOutput | undefined {
    const outcome = outcomeOf(error);
    this.lastError = error instanceof Error && error.message !== '' ? error.message : codeOf(error);
    if (outcome === 'throttled') this.tally.throttled += call.length;
    else this.tally.failed += call.length;
    if (outcome === 'refused' || outcome === 'foreign') {
      this.die(serviceError({ action: 'kinesis:PutRecords', target: `stream ${this.options.stream}` }, error).message);
    }
    // Where no connection was made nothing can have arrived.
    if (outcome === 'lost' && codeOf(error) !== 'ECONNREFUSED') {
      for (const { kind } of call.flatMap(({ events }) => events)) this.tally.uncertain[kind] = (this.tally.uncertain[kind] ?? 0) + 1;
    }
    return undefined;
  }

  private giveUpIfStuck(now: number): void {
    const { giveUpMs } = this.options;
    const stuck = this.shards.find(({ queue }) => (queue.length > 0 || queue.inFlight) && now - queue.progressMs > giveUpMs);
    if (stuck === undefined || this.isDead) return;
    this.die(`shard ${stuck.range.shardId} took nothing for ${Math.round(giveUpMs / 1000)} s (${this.lastError})`);
  }

  private die(message: string): void {
    if (this.isDead) return;
    this.isDead = true;
    this.options.onFatal(message);
  }
}

function plain(queue: ShardQueue, now: number): CallRecord | undefined {
  const event = queue.peek();
  if (event === undefined) return undefined;
  const bytes = event.data.length + event.partitionKey.length;
  if (!queue.admits(bytes, now)) return undefined;
  queue.shift();
  queue.spend(bytes);
  return { queue, events: [event], data: event.data, partitionKey: event.partitionKey, explicitHashKey: undefined };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
