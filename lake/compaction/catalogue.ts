import type { PartitionCatalogue } from '../../core/ports.ts';
import { publishedOf } from '../generations/manifest.ts';
import type { PartitionState } from '../generations/state.ts';
import { generationFolder, landingFolder, type PartitionName } from '../names.ts';

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

/**
 * Makes the catalogue say what the manifests say, where a process died between the two; returns how many partitions it had wrong or
 * not at all. Partitions with a damaged manifest keep what the catalogue has: that was published.
 */
export async function reconcile(catalogue: PartitionCatalogue, table: string, states: readonly PartitionState[]): Promise<number> {
  const first = states[0];
  const last = states.at(-1);
  if (first === undefined || last === undefined) return 0;
  const registered = await catalogue.list(table, first.partition.dt, last.partition.dt);
  const folders = new Map(registered.map(({ dt, hour, folder }) => [`${dt} ${hour}`, folder]));
  let changed = 0;
  for (const { partition, manifest, damage } of states) {
    if (damage !== undefined) continue;
    const { dt, hour } = partition;
    const published = manifest === undefined ? undefined : publishedOf(manifest.value);
    const folder = published === undefined ? landingFolder(table, partition) : generationFolder(table, partition, published.number);
    if (folders.get(`${dt} ${hour}`) === folder) continue;
    changed += 1;
    if (!(await catalogue.swap(table, { dt, hour, folder }))) await catalogue.register(table, [{ dt, hour, folder }]);
  }
  return changed;
}
