import type { ObjectFiles, ObjectStore, StoredObject } from '../core/ports.ts';
import { type Due, type DueOptions, type DuePolicy, dueOf, restOf, uncoveredOf } from './compaction/plan.ts';
import { readStoredFooter } from './compaction/witness.ts';
import { LakeError } from './errors.ts';
import { schemaMismatch } from './file-schema.ts';
import { lossError, lossOf } from './generations/loss.ts';
import { publishedOf } from './generations/manifest.ts';
import { isDropped, type PartitionState, readTable } from './generations/state.ts';
import type { PartitionName } from './names.ts';
import type { TableSchema } from './schema.ts';

/** What a partition of a table is made of now. */
export interface PartitionStatus extends PartitionName {
  /** Published generation; null while there are landing files only. */
  readonly generation: number | null;
  /** Epoch ms. */
  readonly publishedMs: number | null;
  readonly files: number;
  readonly bytes: number;
  /** Rows in these files, repeats in landing files included. */
  readonly rows: number;
  /** Of the files, those that landed since the generation was published. */
  readonly newFiles: number;
  /** Greatest value of the partition column, epoch ms; null if no file says. */
  readonly newestMs: number | null;
  /** What compaction would do. */
  readonly due: Due;
  /** What is wrong with the partition. */
  readonly fault: string | null;
}

/**
 * Reads the state of each partition of a table, in order of time; hours that have left it are none. Landing files that cannot be read,
 * or have another schema, count as bytes without rows, lost files of a generation as nothing.
 */
export async function statusOf(
  ports: { readonly objects: ObjectStore; readonly files: Pick<ObjectFiles, 'part'> },
  table: TableSchema,
  policy: DuePolicy,
  nowMs: number,
): Promise<PartitionStatus[]> {
  const statuses: PartitionStatus[] = [];
  for (const state of await readTable(ports.objects, table.name))
    if (!isDropped(state)) statuses.push(await partitionStatus(ports.files, table, state, { policy, nowMs }));
  return statuses;
}

async function partitionStatus(
  files: Pick<ObjectFiles, 'part'>,
  table: TableSchema,
  state: PartitionState,
  options: DueOptions,
): Promise<PartitionStatus> {
  const published = state.manifest === undefined ? undefined : publishedOf(state.manifest.value);
  const losses = published?.files.map((file) => ({ file, loss: lossOf(published, file, state) })) ?? [];
  const there = losses.flatMap(({ file, loss }) => (loss === undefined ? [file] : []));
  const [lost] = losses.flatMap(({ loss }) => loss ?? []);
  const landed = uncoveredOf(state);
  const read = await Promise.all(landed.map((object) => landedFile(files, table, object)));
  const newest = [published?.newestMs ?? null, ...read.map(({ newestMs }) => newestMs)].filter((ms) => ms !== null);
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  return {
    dt: state.partition.dt,
    hour: state.partition.hour,
    generation: published?.number ?? null,
    publishedMs: published?.publishedMs ?? null,
    files: there.length + landed.length,
    bytes: sum([...there, ...landed].map(({ bytes }) => bytes)),
    rows: sum([...there, ...read].map(({ rows }) => rows)),
    newFiles: landed.length,
    newestMs: newest.length === 0 ? null : Math.max(...newest),
    due: dueOf(table, state, options),
    fault:
      state.damage?.error.message ??
      (lost === undefined ? undefined : lossError(lost).message) ??
      read.find(({ fault }) => fault !== null)?.fault ??
      // Tries that came to nothing are of no account once a later one has published everything.
      (landed.length === 0 || state.manifest === undefined ? undefined : restOf(state.manifest.value, options.nowMs)) ??
      null,
  };
}

interface Landed {
  readonly rows: number;
  readonly newestMs: number | null;
  readonly fault: string | null;
}

async function landedFile(files: Pick<ObjectFiles, 'part'>, table: TableSchema, object: StoredObject): Promise<Landed> {
  try {
    const footer = await readStoredFooter(files, object);
    const misfit = footer === undefined ? undefined : schemaMismatch(table, object.key, footer.types);
    if (misfit !== undefined) throw misfit;
    return { rows: footer?.rows ?? 0, newestMs: footer?.maxima.get(table.partitionColumn) ?? null, fault: null };
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    return { rows: 0, newestMs: null, fault: error.message };
  }
}
