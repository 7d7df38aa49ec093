import type { StreamRecord } from '../../core/decode/unpack.ts';
import type { Plan } from '../../core/plan.ts';
import type { SqlEngine, StateStore } from '../../core/ports.ts';
import type { BackfillPorts } from '../backfill/ports.ts';

/** What a warm start needs from outside. Nothing else may write the state meanwhile. */
export interface WarmPorts {
  readonly plan: Plan;
  readonly store: StateStore;
  readonly streamEpoch: string;
  readonly archive: BackfillPorts['archive'];
  /** Its own work, on the way; nothing is left behind. */
  readonly work: BackfillPorts['work'];
  /** Answers questions about the ledger. */
  readonly sql: SqlEngine;
  /** Memory of the engine, MiB. */
  readonly engineMb: number;
  /** Lands everything that was delivered: the archive then holds every finished batch. */
  readonly land: () => Promise<void>;
  readonly unfinished: UnfinishedReader;
}

/** Records of a shard from a sequence number on (undefined: from the oldest) through another one, as far as the stream still has them. */
export type UnfinishedReader = (
  shardId: string,
  range: { readonly from: string | undefined; readonly through: string },
) => Promise<readonly StreamRecord[]>;
