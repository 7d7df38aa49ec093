import { LakeError } from '../errors.ts';
import {
  emptyManifest,
  type Generation,
  type Manifest,
  manifestBytes,
  parseManifest,
  publishedOf,
  withoutGenerationsSince,
} from '../generations/manifest.ts';
import { type PartitionState, readPartition } from '../generations/state.ts';
import { generationFolder, landingFolder, manifestKey, type PartitionName, RECEIPT_NAME } from '../names.ts';
import type { TableSchema } from '../schema.ts';
import { begin, changed, make, publish } from './attempt.ts';
import { follow } from './catalogue.ts';
import type { InputFile } from './inputs.ts';
import type { CompactionPorts } from './ports.ts';

/** Rows that take the place of all rows of a partition. */
export interface Replacement {
  /** Parquet files on this machine with the rows; none for a partition that becomes empty. */
  readonly inputs: readonly InputFile[];
  /** Who replaces them, as `backfill/ID` or `erasure/ID`. */
  readonly origin: string;
}

/**
 * Publishes a generation of other rows than what landed, in the place of everything that `state` shows of a partition. Verified and
 * published as a compacted one is; landing files that came after `state` was read stay beside it. Throws LakeError PARTITION_CHANGED if
 * another generation was published since.
 */
export async function replacePartition(
  ports: CompactionPorts,
  table: TableSchema,
  state: PartitionState,
  { inputs, origin }: Replacement,
): Promise<Generation> {
  if (state.damage !== undefined) throw state.damage.error;
  const before = state.manifest?.value ?? emptyManifest(table.name, state.partition);
  const attempt = await begin(ports, before, state.manifest?.version);
  const made = await make(ports, table, attempt, {
    open: async () => ({ files: inputs, close: async () => {} }),
    covers: state.landing.map(({ key }) => key.slice(key.lastIndexOf('/') + 1)),
    origin,
  });
  await publish(ports, attempt, made, publishedOf(before)?.number);
  await follow(ports.catalogue, table.name, state.partition, made.number);
  return made;
}

/**
 * Takes back what `origin` has published of a partition, and what was made of it since: queries see the generation before, and landing
 * files that it does not include. False if nothing of it is published. The landing files are kept as long as generations are.
 */
export async function revertPartition(
  { objects, catalogue }: Pick<CompactionPorts, 'objects' | 'catalogue'>,
  table: string,
  partition: PartitionName,
  origin: string,
): Promise<boolean> {
  const state = await readPartition(objects, table, partition);
  if (state.damage !== undefined) throw state.damage.error;
  const first = state.manifest?.value.generations.find((one) => one.origin === origin);
  if (first === undefined || state.manifest === undefined) return false;
  const { value, version } = state.manifest;
  const next = withoutGenerationsSince(value, first.number);
  assertKept(state, value, next);
  const key = manifestKey(table, partition);
  if ((await objects.putIf(key, manifestBytes(next), version)) === undefined) throw changed(key);
  // Without its receipt no repair of the manifest can show it again.
  for (const { number } of value.generations.filter((one) => one.number >= first.number))
    await objects.remove(generationFolder(table, partition, number) + RECEIPT_NAME);
  const left = publishedOf(parseManifest(manifestBytes(next), key));
  if (left !== undefined) await follow(catalogue, table, partition, left.number);
  else if (catalogue !== undefined) await catalogue.swap(table, { ...partition, folder: landingFolder(table, partition) });
  return true;
}

/** What was landed and compacted since must still be there, or it would be lost with the generation that includes it. */
function assertKept({ landing }: PartitionState, before: Manifest, after: Manifest): void {
  const there = new Set(landing.map(({ key }) => key.slice(key.lastIndexOf('/') + 1)));
  const included = new Set(publishedOf(after)?.covers);
  const lost = publishedOf(before)?.covers.find((name) => !included.has(name) && !there.has(name));
  if (lost === undefined) return;
  throw new LakeError(
    'OBJECT_MISSING',
    `${manifestKey(before.table, before)} cannot go back: landing file ${lost} is no longer kept, and only the newer generation has its rows. Run a backfill of this hour again instead.`,
  );
}
