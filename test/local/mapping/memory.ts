import type { ItemKey, StateItem, StateStore, StateWrite } from '../../../core/ports.ts';
import type { ReadFrom, ShardRange, StreamPage, StreamRecord, StreamSource } from '../../../functions/adapters/kinesis-source.ts';
import type { PutAnswer, PutRecord } from '../../../local/feed/sender.ts';
import type { StreamIdentity } from '../../../local/stream/client.ts';

interface MemoryShard {
  readonly info: ShardRange;
  readonly records: StreamRecord[];
}

const HASHES = 2n ** 128n;

/** A stream in memory that keeps to the same rules as the endpoint: shards, lineage, cursors, order. */
export class MemoryStream implements StreamSource {
  readonly identity: StreamIdentity;
  readonly #shards: MemoryShard[] = [];
  #sequence = 0n;
  /** Reads answered so far. */
  reads = 0;

  constructor(shardCount: number) {
    this.identity = {
      name: 'events',
      arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/events',
      creationEpoch: 1,
      openShards: shardCount,
    };
    const width = HASHES / BigInt(shardCount);
    for (let index = 0; index < shardCount; index++) {
      const lastHash = index === shardCount - 1 ? HASHES - 1n : width * BigInt(index + 1) - 1n;
      this.#add([], width * BigInt(index), lastHash);
    }
  }

  #add(parents: string[], firstHash: bigint, lastHash: bigint): string {
    const shardId = `shardId-${String(this.#shards.length).padStart(12, '0')}`;
    this.#shards.push({ info: { shardId, parents, open: true, firstHash, lastHash }, records: [] });
    return shardId;
  }

  #shard(shardId: string): MemoryShard {
    const shard = this.#shards.find((one) => one.info.shardId === shardId);
    if (shard === undefined) throw new Error(`no shard ${shardId}`);
    return shard;
  }

  #close(shardId: string): ShardRange {
    const index = this.#shards.findIndex((one) => one.info.shardId === shardId);
    const shard = this.#shard(shardId);
    this.#shards[index] = { info: { ...shard.info, open: false }, records: shard.records };
    return shard.info;
  }

  /** Closes a shard and opens two children. */
  split(shardId: string): string[] {
    const { firstHash, lastHash } = this.#close(shardId);
    const middle = (firstHash + lastHash) / 2n;
    return [this.#add([shardId], firstHash, middle), this.#add([shardId], middle + 1n, lastHash)];
  }

  /** Closes two neighbours and opens one child. */
  merge(left: string, right: string): string {
    const { firstHash } = this.#close(left);
    const { lastHash } = this.#close(right);
    return this.#add([left, right], firstHash, lastHash);
  }

  /** Puts one record into a shard and returns its sequence number. */
  put(shardId: string, partitionKey: string, data: Uint8Array): string {
    const sequence = String(++this.#sequence);
    this.#shard(shardId).records.push({ sequence, partitionKey, arrivalMs: 1_000 + Number(this.#sequence), data });
    return sequence;
  }

  /** Puts records by their hash key, as PutRecords does. */
  putRecords(records: readonly PutRecord[]): PutAnswer[] {
    return records.map((record) => {
      const hash = BigInt(record.explicitHashKey);
      const shard = this.#shards.find(({ info }) => info.open && hash >= info.firstHash && hash <= info.lastHash);
      return shard === undefined ? undefined : this.put(shard.info.shardId, record.partitionKey, record.data);
    });
  }

  /** Records of a shard, in order. */
  recordsOf(shardId: string): readonly StreamRecord[] {
    return this.#shard(shardId).records;
  }

  /** Ids of all shards. */
  ids(): string[] {
    return this.#shards.map((shard) => shard.info.shardId);
  }

  shards(): Promise<ShardRange[]> {
    return Promise.resolve(this.#shards.map((shard) => shard.info));
  }

  cursor(shardId: string, from: ReadFrom): Promise<string> {
    const { records } = this.#shard(shardId);
    const at =
      from === 'oldest'
        ? 0
        : 'at' in from
          ? records.findIndex((r) => BigInt(r.sequence) >= BigInt(from.at))
          : records.findIndex((r) => BigInt(r.sequence) > BigInt(from.after));
    return Promise.resolve(`${shardId}/${at < 0 ? records.length : at}`);
  }

  read(cursor: string, limit: number): Promise<StreamPage> {
    this.reads++;
    const [shardId = '', at = '0'] = cursor.split('/');
    const { records, info } = this.#shard(shardId);
    const page = records.slice(Number(at), Number(at) + limit);
    const end = Number(at) + page.length;
    const ended = !info.open && page.length === 0;
    return Promise.resolve({
      records: page,
      next: ended ? undefined : `${shardId}/${end}`,
      atTip: end === records.length && page.length < limit,
    });
  }
}

/** A state store in memory. */
export class MemoryStore implements StateStore {
  readonly #items = new Map<string, StateItem>();
  /** Writes that applied. */
  puts = 0;

  get(keys: readonly ItemKey[]): Promise<(StateItem | undefined)[]> {
    return Promise.resolve(keys.map(({ pk, sk }) => this.#items.get(`${pk}\n${sk}`)));
  }

  query(pk: string): Promise<StateItem[]> {
    return Promise.resolve([...this.#items.values()].filter((item) => item.pk === pk).sort((a, b) => (a.sk < b.sk ? -1 : 1)));
  }

  put(writes: readonly StateWrite[]): Promise<boolean[]> {
    return Promise.resolve(
      writes.map(({ pk, sk, expectedVersion, body }) => {
        const key = `${pk}\n${sk}`;
        if ((this.#items.get(key)?.version ?? 0) !== expectedVersion) return false;
        this.#items.set(key, { pk, sk, version: expectedVersion + 1, body });
        this.puts++;
        return true;
      }),
    );
  }

  remove(keys: readonly ItemKey[]): Promise<void> {
    for (const { pk, sk } of keys) this.#items.delete(`${pk}\n${sk}`);
    return Promise.resolve();
  }
}
