import type { ShardInfo } from '../../core/ports.ts';
import type { StreamRecord } from '../../functions/adapters/kinesis-source.ts';

/** What the truth knows of one user record: the event as sent, or why it is none. */
export interface TruthUnit {
  readonly bytes: Uint8Array;
  readonly partitionKey: string;
  readonly event?: WireEvent;
  /** Quarantine code of a record that is no event. */
  readonly code?: string;
}

export interface WireEvent {
  readonly type: 'payment' | 'label';
  readonly event_id: string;
  /** Epoch ms. */
  readonly time: number;
  readonly card: string;
  readonly terminal: string;
  readonly amount_minor: number;
  readonly currency: string;
  readonly fraud: boolean;
}

/** One record on its shard, with what it holds. */
export interface SimRecord extends StreamRecord {
  readonly units: readonly TruthUnit[];
}

export interface SimShard {
  readonly shardId: string;
  readonly parents: readonly string[];
  /** Hash keys `[from, to)`. */
  readonly from: number;
  readonly to: number;
  open: boolean;
  readonly records: SimRecord[];
}

export const HASH_KEYS = 65_536;
/** As long as real ones, and beyond what a double can tell apart. */
const SEQUENCE_FIRST = 49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000n;

/** A stream in memory: shards with hash ranges, splits, merges, sequence numbers as long as real ones. */
export class SimStream {
  readonly shards: SimShard[] = [];
  private sequence = SEQUENCE_FIRST;

  constructor(shardCount: number) {
    for (let i = 0; i < shardCount; i += 1) {
      this.add([], Math.floor((i * HASH_KEYS) / shardCount), Math.floor(((i + 1) * HASH_KEYS) / shardCount));
    }
  }

  static hashKeyOf(partitionKey: string): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < partitionKey.length; i += 1) hash = Math.imul(hash ^ partitionKey.charCodeAt(i), 0x01000193);
    return ((hash ^ (hash >>> 15)) >>> 0) % HASH_KEYS;
  }

  /** The open shard that takes a hash key. */
  shardOf(hashKey: number): SimShard {
    const found = this.shards.find((shard) => shard.open && hashKey >= shard.from && hashKey < shard.to);
    if (found === undefined) throw new Error(`no open shard takes hash key ${hashKey}`);
    return found;
  }

  put(
    hashKey: number,
    record: { readonly partitionKey: string; readonly data: Uint8Array; readonly units: readonly TruthUnit[] },
    arrivalMs: number,
  ): void {
    // Neighbours differ by one at times, so that numbers which lose digits meet.
    this.sequence += 1n;
    this.shardOf(hashKey).records.push({ ...record, sequence: String(this.sequence), arrivalMs });
  }

  split(shard: SimShard): void {
    const middle = (shard.from + shard.to) >> 1;
    if (!shard.open || middle === shard.from) return;
    shard.open = false;
    this.add([shard.shardId], shard.from, middle);
    this.add([shard.shardId], middle, shard.to);
  }

  /** Merges two open neighbours, if there are any. */
  merge(): boolean {
    const open = this.open().sort((a, b) => a.from - b.from);
    const at = open.findIndex((shard, i) => open[i + 1]?.from === shard.to);
    const [left, right] = [open[at], open[at + 1]];
    if (left === undefined || right === undefined) return false;
    left.open = false;
    right.open = false;
    this.add([left.shardId, right.shardId], left.from, right.to);
    return true;
  }

  open(): SimShard[] {
    return this.shards.filter((shard) => shard.open);
  }

  list(): ShardInfo[] {
    return this.shards.map(({ shardId, parents, open }) => ({ shardId, parents, open }));
  }

  hasUnread(shardId: string, sequence: string | undefined): boolean {
    const last = this.shards.find((shard) => shard.shardId === shardId)?.records.at(-1);
    return last !== undefined && (sequence === undefined || BigInt(last.sequence) > BigInt(sequence));
  }

  private add(parents: readonly string[], from: number, to: number): void {
    this.shards.push({ shardId: `shardId-${String(this.shards.length).padStart(12, '0')}`, parents, from, to, open: true, records: [] });
  }
}
