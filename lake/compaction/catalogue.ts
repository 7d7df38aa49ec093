import type { PartitionCatalogue, TablePartition } from '../../core/ports.ts';
import { publishedOf } from '../generations/manifest.ts';
import { isDropped, type PartitionState } from '../generations/state.ts';
import { generationFolder, landingFolder, type PartitionName, partitionOf } from '../names.ts';
import { isPast, pastByMs } from '../retention.ts';
import type { TableSchema } from '../schema.ts';

/** No day is before. */
const DAYS_FROM = '0000-01-01';

/** Points the catalogue at a generation of a partition, whether or not the partition was registered before. */
export async function follow(
  catalogue: PartitionCatalogue | undefined,
  table: string,
  { dt, hour }: PartitionName,
  number: number,
): Promise<void> {
  if (catalogue === undefined) return;
  const at = { dt, hour, folder: generationFolder(table, { dt, hour }, number) };
  if (!(await catalogue.swap(table, at))) await catalogue.register(table, [at]);
}

/** What the catalogue is compared with. */
export interface ReconcileOptions {
  /** Partitions in order of time, as their manifests are now. */
  readonly states: readonly PartitionState[];
  readonly nowMs: number;
}

/**
 * Makes the catalogue say what the manifests say, where a process died between the two, and takes hours out that have left the table, or
 * are past its age without any file; returns how many it had wrong or not at all. Partitions with a damaged manifest keep what the
 * catalogue has: that was published.
 */
export async function reconcile(catalogue: PartitionCatalogue, table: TableSchema, { states, nowMs }: ReconcileOptions): Promise<number> {
  const registered = await registeredOf(catalogue, table, { states, nowMs });
  const folders = new Map(registered.map(({ dt, hour, folder }) => [`${dt} ${hour}`, folder]));
  let changed = 0;
  for (const state of states) {
    const { partition, manifest, damage } = state;
    if (damage !== undefined || isDropped(state)) continue;
    const { dt, hour } = partition;
    const published = manifest === undefined ? undefined : publishedOf(manifest.value);
    const folder =
      published === undefined ? landingFolder(table.name, partition) : generationFolder(table.name, partition, published.number);
    if (folders.get(`${dt} ${hour}`) === folder) continue;
    changed += 1;
    if (!(await catalogue.swap(table.name, { dt, hour, folder }))) await catalogue.register(table.name, [{ dt, hour, folder }]);
  }
  const known = new Map(states.map((state) => [`${state.partition.dt} ${state.partition.hour}`, state]));
  const gone = registered.filter((one) => {
    const state = known.get(`${one.dt} ${one.hour}`);
    return state === undefined ? isPast(table, one, nowMs) : isDropped(state);
  });
  await catalogue.remove(table.name, gone);
  return changed + gone.length;
}

/** What is registered of the days of the partitions, and of all days that a table no longer keeps: hours are registered ahead, rows or none. */
async function registeredOf(
  catalogue: PartitionCatalogue,
  table: TableSchema,
  { states, nowMs }: ReconcileOptions,
): Promise<TablePartition[]> {
  const byMs = pastByMs(table, nowMs);
  const days = [states[0], states.at(-1)].flatMap((state) => state?.partition.dt ?? []);
  if (byMs !== undefined) days.push(DAYS_FROM, partitionOf(byMs).dt);
  const [from, to] = [days.sort()[0], days.at(-1)];
  return from === undefined || to === undefined ? [] : catalogue.list(table.name, from, to);
}
