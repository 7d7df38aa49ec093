import { usageError } from '../../core/errors.ts';
import { type PartitionState, type ReadOptions, readTable } from '../generations/state.ts';
import type { PartitionName } from '../names.ts';
import type { TableSchema } from '../schema.ts';
import { type Compacted, compactPartition } from './partition.ts';
import { type DuePolicy, dueOf, uncoveredOf } from './plan.ts';
import type { CompactionPorts } from './ports.ts';
import { repairManifest } from './repair.ts';

/** A partition of one of the tables. */
export interface PartitionPlace extends PartitionName {
  readonly table: string;
}

/** What to compact, and for how long. */
export interface CompactLakeOptions {
  readonly tables: readonly TableSchema[];
  readonly policy: DuePolicy;
  /** Looks at hours with landing files only, not for lost files of others: enough for what is done every few minutes. */
  readonly isQuick?: boolean;
  /** Begins at this partition: what comes before it was done by an earlier call. */
  readonly from?: PartitionPlace;
  /** Makes damaged manifests anew before. */
  readonly isRepairing?: boolean;
  /** No partition is begun once this fires; the next call goes on. */
  readonly signal?: AbortSignal;
  /** Hears of each partition that is done. */
  readonly onCompacted?: (one: Compacted) => void;
}

/** A partition that could not be compacted, or a table whose partitions could not be read or swept; what was published stays. */
export interface Failed {
  readonly table: string;
  readonly partition?: PartitionName;
  readonly error: unknown;
}

/** What failed, where, and why. */
export function failureText({ table, partition, error }: Failed): string {
  const place = partition === undefined ? table : `${table} ${partition.dt} ${partition.hour}`;
  return `${place}: ${error instanceof Error ? error.message : String(error)}`;
}

/** What became of the lake. */
export interface CompactedLake {
  readonly compacted: readonly Compacted[];
  readonly failed: readonly Failed[];
  /** Partitions with new landing files that are not due yet. */
  readonly waiting: number;
  /** Age of the oldest landing file that no generation includes, ms; 0 if there is none. */
  readonly oldestWaitingMs: number;
  /** Manifests that were made anew. */
  readonly repaired: number;
  /** False if the signal ended it early. */
  readonly isComplete: boolean;
  /** Where the next call should begin, if it was ended early. */
  readonly next?: PartitionPlace;
}

/** Compacts every partition that is due, table by table, the oldest first. A partition or a table that fails does not keep the others back. */
export async function compactLake(ports: CompactionPorts, options: CompactLakeOptions): Promise<CompactedLake> {
  const { policy, isRepairing = false, isQuick = false, signal } = options;
  const done = { compacted: [] as Compacted[], failed: [] as Failed[], waiting: 0, oldestWaitingMs: 0, repaired: 0 };
  for (const table of tablesFrom(options)) {
    if (isRepairing) done.repaired += await repairTable(ports, table.name, done.failed);
    for (const state of await statesOf(ports, table.name, done.failed, isQuick ? { changedSinceMs: Number.POSITIVE_INFINITY } : {})) {
      if (isBefore(table.name, state.partition, options.from)) continue;
      if (signal?.aborted === true) return { ...done, isComplete: false, next: { table: table.name, ...state.partition } };
      const { action } = dueOf(table, state, { policy, nowMs: ports.clock() });
      if (action === 'none') continue;
      if (action === 'wait') done.waiting += 1;
      const isDone = (action === 'compact' || action === 'damaged') && (await compactOne(ports, table, state, done, options));
      if (!isDone) done.oldestWaitingMs = Math.max(done.oldestWaitingMs, waitingMs(state, ports.clock()));
    }
  }
  return { ...done, isComplete: true };
}

function tablesFrom({ tables, from }: CompactLakeOptions): readonly TableSchema[] {
  if (from === undefined) return tables;
  const at = tables.findIndex(({ name }) => name === from.table);
  if (at === -1) throw usageError('table to go on with', from.table, tables.map(({ name }) => name).join(', '));
  return tables.slice(at);
}

function isBefore(table: string, { dt, hour }: PartitionName, from: PartitionPlace | undefined): boolean {
  return from?.table === table && `${dt} ${hour}` < `${from.dt} ${from.hour}`;
}

async function compactOne(
  ports: CompactionPorts,
  table: TableSchema,
  state: PartitionState,
  done: { readonly compacted: Compacted[]; readonly failed: Failed[] },
  { onCompacted }: CompactLakeOptions,
): Promise<boolean> {
  try {
    const compacted = await compactPartition(ports, table, state);
    if (compacted === undefined) return true;
    done.compacted.push(compacted);
    onCompacted?.(compacted);
    return true;
  } catch (error) {
    done.failed.push({ table: table.name, partition: state.partition, error });
    return false;
  }
}

function waitingMs(state: PartitionState, nowMs: number): number {
  return uncoveredOf(state).reduce((oldest, { modifiedMs }) => Math.max(oldest, nowMs - modifiedMs), 0);
}

/** The partitions of a table; none, and a failure of the table, if they cannot be read: the other tables go on. */
async function statesOf(
  { objects }: CompactionPorts,
  table: string,
  failed: Failed[],
  options: ReadOptions = {},
): Promise<readonly PartitionState[]> {
  try {
    return await readTable(objects, table, options);
  } catch (error) {
    failed.push({ table, error });
    return [];
  }
}

async function repairTable(ports: CompactionPorts, table: string, failed: Failed[]): Promise<number> {
  const { objects } = ports;
  let repaired = 0;
  for (const state of await statesOf(ports, table, failed)) {
    try {
      if (await repairManifest(objects, state)) repaired += 1;
    } catch (error) {
      failed.push({ table, partition: state.partition, error });
    }
  }
  return repaired;
}
