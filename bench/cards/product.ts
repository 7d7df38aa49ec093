import { compilePlan } from '../../core/plan.ts';
import type { Delivery, Row, StateStore, StreamShards } from '../../core/ports.ts';
import { createCloseWindows } from '../../functions/close-windows/handler.ts';
import type { KinesisStreamEvent } from '../../functions/kinesis-event.ts';
import { createProcessStream } from '../../functions/process-stream/handler.ts';
import { createRowBuilder } from '../../lake/rows.ts';
import { openRuleBook } from '../../lake/rules/book.ts';
import { MemoryObjectStore } from '../../local/objects/memory.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { MemoryStateStore } from '../../local/state/memory.ts';
import { SHARD } from './records.ts';

/** Rows by table: how many were delivered, and where they are asked for the rows themselves. */
export class CountedDelivery implements Delivery {
  readonly counts = new Map<string, number>();
  /** Rows of the tables that are kept, in the order of delivery. */
  readonly kept: ReadonlyMap<string, Row[]>;

  constructor(kept: readonly string[]) {
    this.kept = new Map(kept.map((table) => [table, []]));
  }

  async deliver(batch: Parameters<Delivery['deliver']>[0]): Promise<void> {
    for (const { table, rows } of batch) {
      this.counts.set(table, (this.counts.get(table) ?? 0) + rows.length);
      this.kept.get(table)?.push(...rows);
    }
  }
}

/** How often windows are closed, in the stream's own time: as the deployed schedule does. */
const CLOSE_MS = 60_000;

/** The handlers as they are deployed, over ports in memory. */
export interface Product {
  /** Handles one invocation, and closes windows where a minute of the stream has passed. */
  handle(payload: string): Promise<void>;
  /** Closes what became final since the last round. */
  close(): Promise<void>;
  readonly delivery: CountedDelivery;
}

/** How the handlers are made. */
export interface ProductOptions {
  /** Tables whose rows are wanted. */
  readonly kept?: readonly string[];
  /** Where state is; in memory, if absent. */
  readonly storeOf?: (clock: () => number) => StateStore;
}

/** Makes the handlers of the pipeline of cards. */
export async function createProduct({
  kept = [],
  storeOf = (clock) => new MemoryStateStore(clock),
}: ProductOptions = {}): Promise<Product> {
  const loaded = await loadPipeline(import.meta.dirname);
  let nowMs = 0;
  const clock = (): number => nowMs;
  const delivery = new CountedDelivery(kept);
  const shards: StreamShards = { list: async () => [{ shardId: SHARD, parents: [], open: true }], hasUnread: async () => true };
  const ports = {
    ...{ plan: compilePlan(loaded.pipeline), rows: createRowBuilder(loaded.pipeline), store: storeOf(clock) },
    ...{ delivery, clock, streamEpoch: '1' },
  };
  const rules = await openRuleBook(loaded, new MemoryObjectStore(), clock);
  const process = createProcessStream({ ...ports, rules, parentsOf: async () => [] });
  const close = createCloseWindows({ ...ports, shards });
  let closedMs = 0;
  const handle = async (payload: string): Promise<void> => {
    const event = JSON.parse(payload) as KinesisStreamEvent;
    nowMs = Math.round((event.Records.at(-1)?.kinesis.approximateArrivalTimestamp ?? 0) * 1_000);
    const { batchItemFailures } = await process(event);
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} records were not processed`);
    if (Math.floor(nowMs / CLOSE_MS) === Math.floor(closedMs / CLOSE_MS)) return;
    closedMs = nowMs;
    await close({ kind: 'live' });
  };
  return { handle, close: async () => void (await close({ kind: 'live' })), delivery };
}
