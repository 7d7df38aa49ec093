/** Address of one state item: a partition key and a sort key, as in DynamoDB. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** One stored state item. `body` is JSON text; `version` starts at 1 and grows by one with each write. */
export interface StateItem extends ItemKey {
  readonly version: number;
  readonly body: string;
}

/** One conditional write. It applies only if the stored version equals `expectedVersion` (0: the item is absent). */
export interface StateWrite extends ItemKey {
  readonly expectedVersion: number;
  readonly body: string;
  /** Epoch ms after which the store may remove the item; reads never return an item past it. */
  readonly expiresAtMs?: number;
}

/** Durable keyed state with strong reads and compare-and-swap writes. */
export interface StateStore {
  /** Reads items strongly, in the order of `keys`; undefined where there is none. */
  get(keys: readonly ItemKey[]): Promise<(StateItem | undefined)[]>;
  /** All items of one partition key, ordered by sort key (code-unit order), read strongly. */
  query(pk: string): Promise<StateItem[]>;
  /**
   * Tries each write on its own, in order; true where it applied, false where the version differed. Durable on return.
   * Throws RetriableError when the store cannot answer (some writes may have applied).
   */
  put(writes: readonly StateWrite[]): Promise<boolean[]>;
  /** Removes items whatever their version; absent items are no error. */
  remove(keys: readonly ItemKey[]): Promise<void>;
}

/** A value that a lake row can hold: JSON only. Timestamps are epoch ms, blobs base64, integers past 2^53 decimal strings. */
export type RowValue = string | number | boolean | null | readonly string[];

/** One row of a lake table, by column name. */
export type Row = Readonly<Record<string, RowValue>>;

/** Rows for one lake table. */
export interface TableRows {
  readonly table: string;
  readonly rows: readonly Row[];
}

/** Where finished rows go on their way to the lake (Firehose on AWS). */
export interface Delivery {
  /** Takes rows at least once: durable on return; a repeat may land twice and is removed by row id on reading. */
  deliver(batch: readonly TableRows[]): Promise<void>;
}

/** One stored object. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

/** The lake's object store (S3 on AWS). Keys use `/`. */
export interface ObjectStore {
  /** Writes an object whole: readers see the old or the new bytes, never a part. */
  put(key: string, body: Uint8Array): Promise<void>;
  /** Creates an object only if the key is free; false if it was taken. */
  putIfAbsent(key: string, body: Uint8Array): Promise<boolean>;
  get(key: string): Promise<Uint8Array | undefined>;
  /** Objects whose key starts with `prefix`, in code-unit order. */
  list(prefix: string): Promise<StoredObject[]>;
  remove(key: string): Promise<void>;
}

/** One shard of the stream, as the stream itself lists it. */
export interface ShardInfo {
  readonly shardId: string;
  /** Zero, one (after a split) or two (after a merge) parents. */
  readonly parents: readonly string[];
  /** False once the shard was split or merged: it takes no more records. */
  readonly open: boolean;
}

/** What the closer asks the stream. */
export interface StreamShards {
  /** Shards still within retention, parents before children. */
  list(): Promise<ShardInfo[]>;
  /** Whether the shard holds a record past `sequence` (undefined: any record at all). */
  hasUnread(shardId: string, sequence: string | undefined): Promise<boolean>;
}

/** Processing time in epoch ms, handed in so that nothing reads a clock by itself. */
export type Clock = () => number;
