import type { Plan } from '../core/plan.ts';
import type { Clock, StateStore, TableRows } from '../core/ports.ts';
import { shardLedgers } from '../lake/ledger.ts';
import type { RowBuilder } from '../lake/rows.ts';

/** What a snapshot of the ledger is made from. */
export interface LedgerPorts {
  readonly plan: Plan;
  readonly rows: RowBuilder;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly streamEpoch: string;
}

/** A snapshot of the ledger as rows for delivery: one for each shard on record. */
export async function ledgerRows({ plan, rows, store, clock, streamEpoch }: LedgerPorts): Promise<TableRows[]> {
  const shards = await shardLedgers(store, plan, streamEpoch);
  const nowMs = clock();
  return [{ table: 'ledger', rows: shards.map((shard) => rows.ledgerRow(shard, nowMs)) }];
}
