import { KplPacker } from '../../core/decode/kpl-pack.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import { RetriableError } from '../../core/errors.ts';
import { compilePlan } from '../../core/plan.ts';
import type { Delivery, Row, ShardInfo, StateStore, StreamShards, TableRows } from '../../core/ports.ts';
import type { Rule } from '../../core/rules/rule.ts';
import { createCloseWindows } from '../../functions/close-windows/handler.ts';
import type { KinesisRecord } from '../../functions/kinesis-event.ts';
import { createProcessStream, type ProcessStream } from '../../functions/process-stream/handler.ts';
import { createRowBuilder } from '../../lake/rows.ts';
import { openRuleBook } from '../../lake/rules/book.ts';
import { MemoryObjectStore } from '../../local/objects/memory.ts';
import { MemoryStateStore } from '../../local/state/memory.ts';

/** One event as a producer sends it. */
export type WireEvent = Readonly<Record<string, unknown>> & { readonly event_time: string };

/** Rows by table and row id, as the lake's views show them after removing repeats. */
export type Lake = Map<string, Map<string, Row>>;

/** Collects delivered rows, counts repeats that differ from what landed before. */
export class MemoryLake implements Delivery {
  readonly tables: Lake = new Map();
  readonly conflicts: string[] = [];
  deliveries = 0;
  private readonly idColumns: ReadonlyMap<string, readonly string[]>;

  constructor(idColumns: ReadonlyMap<string, readonly string[]>) {
    this.idColumns = idColumns;
  }

  async deliver(batch: readonly TableRows[]): Promise<void> {
    this.deliveries += 1;
    for (const { table, rows } of batch) {
      const known = this.tables.get(table) ?? new Map<string, Row>();
      this.tables.set(table, known);
      for (const row of rows) {
        const id = (this.idColumns.get(table) ?? []).map((column) => String(row[column])).join('|');
        const before = known.get(id);
        if (before !== undefined && JSON.stringify(before) !== JSON.stringify(row)) this.conflicts.push(`${table} ${id}`);
        known.set(id, row);
      }
    }
  }
}

/** Wraps ports so that the `failAt`-th I/O call fails, before or after it took effect. */
export class Faults {
  calls = 0;
  failAt = Number.POSITIVE_INFINITY;
  isAfter = false;
  /** Partition keys of all items ever written. */
  readonly written = new Set<string>();
  /** What the call at `failAt` waits for instead of failing. */
  wakeUp: Promise<void> | undefined;
  /** What happens to the world while the call at `failAt` is under way, instead of failing it. */
  meanwhile: (() => Promise<void>) | undefined;

  async around<T>(call: () => Promise<T>): Promise<T> {
    this.calls += 1;
    if (this.calls !== this.failAt) return call();
    if (this.meanwhile !== undefined) return this.meanwhile().then(call);
    if (this.wakeUp !== undefined) return this.wakeUp.then(call);
    if (this.isAfter) await call();
    throw new RetriableError('planned fault');
  }

  store(store: StateStore): StateStore {
    return {
      get: (keys) => this.around(() => store.get(keys)),
      query: (pk) => this.around(() => store.query(pk)),
      put: (writes) => {
        for (const { pk } of writes) this.written.add(pk);
        return this.around(() => store.put(writes));
      },
      remove: (keys) => this.around(() => store.remove(keys)),
    };
  }

  delivery(delivery: Delivery): Delivery {
    return { deliver: (batch) => this.around(() => delivery.deliver(batch)) };
  }
}

const ARRIVAL_MS = Date.parse('2026-01-01T00:00:00Z');

/** Sequence number of the n-th record, as long as real ones. */
export const sequenceAt = (n: number): string => `4${String(n).padStart(55, '0')}`;

/** A Kinesis record of one event, or an aggregated one of several. */
export function recordOf(shardId: string, n: number, events: readonly (WireEvent | string)[], key = 'customer_id'): KinesisRecord {
  const payloads = events.map((event) => Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)));
  const keys = events.map((event) => (typeof event === 'string' ? 'unparsed' : String(event[key])));
  let data: Uint8Array = payloads[0] ?? Buffer.alloc(0);
  if (events.length > 1) {
    const packer = new KplPacker();
    for (const [i, payload] of payloads.entries()) packer.add(keys[i] ?? '', payload);
    data = packer.finish();
  }
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: keys[0] ?? '',
      sequenceNumber: sequenceAt(n),
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: (ARRIVAL_MS + n) / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${sequenceAt(n)}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/test',
    awsRegion: 'us-east-1',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/test',
  };
}

/** What a world is made with. */
export interface WorldOptions {
  readonly idColumns: ReadonlyMap<string, readonly string[]>;
  readonly compactLength?: number;
  /** The world whose state and lake it goes on with, such as that of an older definition. */
  readonly before?: World;
}

/** The real handlers over memory ports. */
export class World {
  readonly store: StateStore;
  readonly lake: MemoryLake;
  /** Objects of the lake that are not rows: the log of rules. */
  readonly objects = new MemoryObjectStore();
  readonly faults = new Faults();
  readonly plan: ReturnType<typeof compilePlan>;
  shards: ShardInfo[] = [{ shardId: 'shardId-000000000000', parents: [], open: true }];
  /** Shards that still hold unread records. */
  readonly unread = new Set<string>();
  nowMs = ARRIVAL_MS;
  process: ProcessStream;
  /** Rules of the version `v1`, by which everything is judged unless the log says otherwise. */
  readonly ruleList: readonly Rule[];
  /** Length of the links of a slice before they are merged; undefined: as shipped. */
  private readonly compactLength: number | undefined;

  constructor(pipeline: Pipeline, rules: readonly Rule[], { idColumns, compactLength, before }: WorldOptions) {
    this.compactLength = compactLength;
    this.plan = compilePlan(pipeline);
    this.ruleList = rules;
    this.store = before?.store ?? new MemoryStateStore(() => this.nowMs);
    this.lake = before?.lake ?? new MemoryLake(idColumns);
    this.shards = before?.shards ?? this.shards;
    this.process = this.restart();
  }

  /** A new instance of the processor: nothing in memory is left. */
  restart(): ProcessStream {
    const rules = { rules: this.ruleList, lists: [], version: 'v1' };
    const book = openRuleBook({ pipeline: this.plan.pipeline, rules }, this.objects, () => this.nowMs);
    this.process = createProcessStream({
      ...this.ports(),
      ...(this.compactLength === undefined ? {} : { compactLength: this.compactLength }),
      rules: { current: async () => (await book).current(), of: async (name) => (await book).of(name) },
      parentsOf: async (shardId) => this.shards.find((one) => one.shardId === shardId)?.parents ?? [],
    });
    return this.process;
  }

  /** Runs one round of the closer. */
  close(round: Parameters<ReturnType<typeof createCloseWindows>>[0]): ReturnType<ReturnType<typeof createCloseWindows>> {
    const shards: StreamShards = { list: async () => this.shards, hasUnread: async (shardId) => this.unread.has(shardId) };
    return createCloseWindows({ ...this.ports(), shards })(round);
  }

  /** Partition keys of window state that is still stored. */
  async slicesLeft(): Promise<string[]> {
    const left: string[] = [];
    for (const pk of this.faults.written) if (pk.startsWith('slice#') && (await this.store.query(pk)).length > 0) left.push(pk);
    return left;
  }

  private ports() {
    return {
      plan: this.plan,
      rows: createRowBuilder(this.plan.pipeline),
      store: this.faults.store(this.store),
      delivery: this.faults.delivery(this.lake),
      clock: () => this.nowMs,
      streamEpoch: '1',
    };
  }
}

/** Every table's rows without the columns in `without`, sorted: comparable between runs. */
export function tablesOfLake(lake: Lake, without: readonly string[] = []): Record<string, string[]> {
  const clean = (row: Row): string => JSON.stringify(Object.fromEntries(Object.entries(row).filter(([name]) => !without.includes(name))));
  return Object.fromEntries([...lake].map(([table, rows]) => [table, [...rows.values()].map(clean).sort()] as const).sort());
}
