import type { Compacted } from '../../lake/compaction/partition.ts';
import type { DuePolicy } from '../../lake/compaction/plan.ts';
import type { Swept } from '../../lake/compaction/sweep.ts';
import type { PartitionName } from '../../lake/names.ts';
import type { TableSchema } from '../../lake/schema.ts';

/** What the compactor's thread is started with. */
export interface CompactorStart {
  readonly lakeDir: string;
  readonly tables: readonly TableSchema[];
  readonly policy: DuePolicy;
  readonly isRepairing: boolean;
  /** Memory of the engine, MiB. */
  readonly memoryMb: number | undefined;
  /** How long replaced generations are kept, ms. */
  readonly keptMs: number;
}

/** A partition or a table that failed, as it crosses threads. */
export interface FailedPartition {
  readonly table: string;
  readonly partition?: PartitionName;
  /** Where and why. */
  readonly message: string;
}

/** How a compaction of a lake folder ended. */
export interface CompactionReport {
  readonly compacted: readonly Compacted[];
  readonly failed: readonly FailedPartition[];
  readonly waiting: number;
  readonly repaired: number;
  readonly swept: Swept;
  /** False if it was stopped; the next one goes on. */
  readonly isComplete: boolean;
  /** CPU of the thread and its engine, seconds: to read, sort and write, and to read back. */
  readonly cpuSeconds: number;
}

/** What the thread says. */
export type CompactorMessage =
  | { readonly kind: 'compacted'; readonly one: Compacted }
  | { readonly kind: 'done'; readonly report: CompactionReport }
  | { readonly kind: 'broken'; readonly message: string };
