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
  /** When its bytes were last written, epoch ms by the store's own clock. */
  readonly modifiedMs: number;
  /** Why nobody can read it, where somebody has looked: stores themselves do not. */
  readonly damage?: string;
}

/** An object as it was read. */
export interface StoredBody {
  readonly body: Uint8Array;
  /** Opaque; another one after every write that changed the bytes. */
  readonly version: string;
}

/** The lake's object store (S3 on AWS). Keys use `/`. */
export interface ObjectStore {
  /** Writes an object whole: readers see the old or the new bytes, never a part. */
  put(key: string, body: Uint8Array): Promise<void>;
  /** Writes only over the version `expected` (undefined: the key is free). The new version, or undefined if another one was there. */
  putIf(key: string, body: Uint8Array, expected: string | undefined): Promise<string | undefined>;
  get(key: string): Promise<StoredBody | undefined>;
  /** Objects whose key starts with `prefix`, in code-unit order. */
  list(prefix: string): Promise<StoredObject[]>;
  remove(key: string): Promise<void>;
}

/** Objects of a store as files of this machine, for engines that read and write files. */
export interface ObjectFiles {
  /** An empty folder on this machine, outside of all keys; what was in it is removed. The caller removes it. */
  scratch(name: string): string;
  /** Path of a file with the bytes of an object, to be read only; undefined if there is no such object. It stays until `release`. */
  open(key: string): Promise<string | undefined>;
  /** Moves a finished file of a scratch folder into place under a key: readers see all of it or nothing. */
  store(key: string, path: string): Promise<void>;
  /** Bytes of an object from `from` on, up to but not including `to`, which lie in it; undefined if there is no such object. */
  part(key: string, from: number, to: number): Promise<Uint8Array | undefined>;
  /** Frees what `open` gave. */
  release(paths: readonly string[]): Promise<void>;
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

/** One hour of a lake table in the catalogue. */
export interface TablePartition {
  /** UTC day `YYYY-MM-DD`. */
  readonly dt: string;
  /** `HH`. */
  readonly hour: string;
  /** Folder of the lake that holds its files, ending in `/`. */
  readonly folder: string;
}

/** Which hours of a table queries see, and where their files lie (Glue on AWS). */
export interface PartitionCatalogue {
  /** Registers hours that are not registered yet and returns how many those were; the others keep their folder. */
  register(table: string, partitions: readonly TablePartition[]): Promise<number>;
  /** Points a registered hour at another folder, in one step: a query sees the one or the other. False if the hour is not registered. */
  swap(table: string, partition: TablePartition): Promise<boolean>;
  /** Takes hours out, wherever they point; those that are not there are no error. Files stay. */
  remove(table: string, hours: readonly Pick<TablePartition, 'dt' | 'hour'>[]): Promise<void>;
  /** Registered hours of the days `from` to `to` (UTC `YYYY-MM-DD`, both included), in order of time. */
  list(table: string, from: string, to: string): Promise<TablePartition[]>;
}

/** One value of a query result. Integers past 2^53, decimals and times are text, bytes base64; lists and maps are text as the engine spells them. */
export type SqlCell = string | number | boolean | null;

/** Result of one query. */
export interface SqlAnswer {
  /** `type` is the engine's name of the column's type. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly SqlCell[])[];
  /** What the query read, and is charged for; null where the engine does not count. */
  readonly scannedBytes: number | null;
}

/** Answers SQL on the lake (Athena on AWS). */
export interface SqlEngine {
  /** Runs one query to its end. Throws UsageError when it is refused; when `signal` fires, ends the query and throws its reason. */
  run(text: string, signal?: AbortSignal): Promise<SqlAnswer>;
}

/** Where firings of active rules wait until the subscribers have them. */
export interface AlertOutbox {
  /** Takes rows of the table `alerts` at least once: durable on return, each alert id kept once. */
  put(alerts: readonly Row[]): Promise<void>;
}

/** One firing on its way to subscribers. */
export interface Alert {
  /** Column `alert_id`: subscribers drop repeats by it. */
  readonly id: string;
  /** Row of the table `alerts`. */
  readonly row: Row;
}

/** One that is told of alerts (an EventBridge bus, an SNS topic). */
export interface AlertSubscriber {
  /** Kebab-case, different for each subscriber; part of state keys. */
  readonly name: string;
  /** Hands alerts over at least once: all are taken on return. Throws when one was not taken; some of the others may have been. */
  send(alerts: readonly Alert[]): Promise<void>;
}

/** One event to be put on the stream. */
export interface ProducedEvent {
  /** 1 to 256 characters; events of one key keep their order. */
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Puts events on the stream (Kinesis on AWS). */
export interface EventProducer {
  /**
   * Sends events at least once: on the stream on return, in order per key. An event that no record can hold is an error before
   * anything is sent.
   */
  send(events: readonly ProducedEvent[]): Promise<void>;
}

/** Processing time in epoch ms, handed in so that nothing reads a clock by itself. */
export type Clock = () => number;
