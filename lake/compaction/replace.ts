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

/** The generation that the rows of a partition go back to, and what stands in the way of that. */
interface Reversal {
  readonly manifest: Manifest;
  readonly version: string;
  readonly first: Generation;
}

type Objects = Pick<CompactionPorts, 'objects'>;

/**
 * Takes back what `origin` has published of a partition, and what compaction made of it since: queries see the generation before, and
 * landing files that it does not include. False if nothing of it is published. The landing files are kept as long as generations are.
 * Throws LakeError as `assertRevertible` does.
 */
export async function revertPartition(
  { objects, catalogue }: Pick<CompactionPorts, 'objects' | 'catalogue'>,
  table: string,
  partition: PartitionName,
  origin: string,
): Promise<boolean> {
  const reversal = await reversalOf({ objects }, table, partition, origin);
  if (reversal === undefined) return false;
  const { manifest, version, first } = reversal;
  const next = withoutGenerationsSince(manifest, first.number);
  const key = manifestKey(table, partition);
  if ((await objects.putIf(key, manifestBytes(next), version)) === undefined) throw changed(key);
  // Without its receipt no repair of the manifest can show it again.
  for (const { number } of manifest.generations.filter((one) => one.number >= first.number))
    await objects.remove(generationFolder(table, partition, number) + RECEIPT_NAME);
  const left = publishedOf(parseManifest(manifestBytes(next), key));
  if (left !== undefined) await follow(catalogue, table, partition, left.number);
  else if (catalogue !== undefined) await catalogue.swap(table, { ...partition, folder: landingFolder(table, partition) });
  return true;
}

/**
 * Throws LakeError if what `origin` has published of a partition cannot be taken back: PARTITION_CHANGED if another backfill or an erasure
 * has published on top of it, OBJECT_MISSING if rows would be lost that only the newer generation has.
 */
export async function assertRevertible(objects: Objects, table: string, partition: PartitionName, origin: string): Promise<void> {
  await reversalOf(objects, table, partition, origin);
}

/** Undefined if nothing of `origin` is published. */
async function reversalOf({ objects }: Objects, table: string, partition: PartitionName, origin: string): Promise<Reversal | undefined> {
  const state = await readPartition(objects, table, partition);
  if (state.damage !== undefined) throw state.damage.error;
  const first = state.manifest?.value.generations.find((one) => one.origin === origin);
  if (first === undefined || state.manifest === undefined) return undefined;
  const { value, version } = state.manifest;
  assertOnTop(value, first);
  assertKept(state, value, withoutGenerationsSince(value, first.number));
  return { manifest: value, version, first };
}

/** What others have published on top of it, an erasure above all, must not go with it. */
function assertOnTop(manifest: Manifest, { number, origin }: Generation): void {
  const later = manifest.generations.find((one) => one.number > number && one.origin !== undefined && one.origin !== origin);
  if (later === undefined) return;
  throw new LakeError(
    'PARTITION_CHANGED',
    `${manifestKey(manifest.table, manifest)} cannot go back to before ${origin}: ${later.origin} has published generation ${later.number} on top of it. Run a backfill of this hour again instead (--mode rebuild).`,
  );
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
