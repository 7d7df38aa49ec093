import { compilePlan, type Plan } from '../../core/plan.ts';
import type { AlertOutbox, ObjectStore, StateStore, StreamShards } from '../../core/ports.ts';
import { type CloseReport, type CloseRound, createCloseWindows } from '../../functions/close-windows/handler.ts';
import { ledgerRows } from '../../functions/ledger.ts';
import { type BatchStats, createProcessStream, type ProcessStream } from '../../functions/process-stream/handler.ts';
import { createRowBuilder, type RowBuilder } from '../../lake/rows.ts';
import type { BufferedDelivery } from '../delivery/buffer.ts';
import type { LoadedPipeline } from '../pipeline.ts';
import { openRules } from './rules.ts';

/** Ports of one machine that the handlers run over. */
export interface MachinePorts {
  readonly store: StateStore;
  readonly delivery: BufferedDelivery;
  /** The lake. */
  readonly objects: ObjectStore;
  readonly shards: StreamShards;
  readonly streamEpoch: string;
  readonly clock: () => number;
  readonly observe?: (stats: BatchStats) => void;
  /** Takes alerts; absent where nobody is told. */
  readonly alerts?: AlertOutbox;
}

/** The handlers of one machine. */
export interface Handlers {
  readonly plan: Plan;
  readonly rows: RowBuilder;
  readonly process: ProcessStream;
  readonly close: (round: CloseRound) => Promise<CloseReport>;
  /** Lands a ledger snapshot and everything delivered before it. */
  readonly flush: () => Promise<void>;
}

/** Wires the handlers, the very ones that run in Lambda, over the ports of this machine. */
export async function wireHandlers(loaded: LoadedPipeline, ports: MachinePorts): Promise<Handlers> {
  const plan = compilePlan(loaded.pipeline);
  const rows = createRowBuilder(loaded.pipeline);
  const rules = await openRules(loaded, ports);
  const base = { plan, rows, store: ports.store, delivery: ports.delivery, clock: ports.clock, streamEpoch: ports.streamEpoch };
  const process = createProcessStream({
    ...base,
    rules,
    parentsOf: async (shardId) => (await ports.shards.list()).find((shard) => shard.shardId === shardId)?.parents,
    ...(ports.observe === undefined ? {} : { observe: ports.observe }),
    ...(ports.alerts === undefined ? {} : { alerts: ports.alerts }),
  });
  const flush = async (): Promise<void> => {
    await ports.delivery.deliver(await ledgerRows(base));
    await ports.delivery.flush();
  };
  return { plan, rows, process, close: createCloseWindows({ ...base, shards: ports.shards }), flush };
}
