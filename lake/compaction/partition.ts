import type { StoredObject } from '../../core/ports.ts';
import { LakeError } from '../errors.ts';
import { CheckedObjects } from '../generations/checked.ts';
import { firstLossOf } from '../generations/loss.ts';
import { emptyManifest, type Generation, type Manifest, publishedOf } from '../generations/manifest.ts';
import { isDropped, isWhole, type PartitionState, readPartition } from '../generations/state.ts';
import { generationFolder, type PartitionName } from '../names.ts';
import type { TableSchema } from '../schema.ts';
import { begin, make, openObjects, publish } from './attempt.ts';
import { follow } from './catalogue.ts';
import { AlteredFileError, digestsOf } from './digest.ts';
import type { CompactionPorts } from './ports.ts';

/** What compaction did with one partition. */
export interface Compacted {
  readonly table: string;
  readonly partition: PartitionName;
  /** Number of the generation that is published now. */
  readonly generation: number;
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly rows: number;
  readonly repeatsDropped: number;
}

/**
 * Makes the next generation of a partition out of the published one and the landing files that came since, has it read back by the
 * witness, and publishes it: manifest first, catalogue after. Undefined if nothing has landed since; then only the catalogue is made to
 * follow. A base that is not byte for byte what was written counts as lost. Whatever fails, the published generation stays; a process that dies leaves files that a sweep removes. Throws LakeError, and
 * what the ports throw.
 */
export async function compactPartition(ports: CompactionPorts, table: TableSchema, state: PartitionState): Promise<Compacted | undefined> {
  if (state.damage !== undefined) throw state.damage.error;
  if (isDropped(state)) return undefined;
  const { partition } = state;
  const before = state.manifest?.value ?? emptyManifest(table.name, partition);
  const base = wholeBase(before, state);
  const covered = new Set(base?.covers);
  const fresh = state.landing.filter(({ key }) => !covered.has(nameOf(key)));
  if (fresh.length === 0 && base === publishedOf(before)) {
    if (base !== undefined) await follow(ports.catalogue, table.name, partition, base.number);
    return undefined;
  }
  const inputs = [...objectsOf(base, state), ...fresh];
  const attempt = await begin(ports, before, state.manifest?.version);
  let made: Generation;
  try {
    made = await make(ports, table, attempt, {
      open: () => openObjects(ports, inputs, digestsOf(state, base)),
      // Landing files that are gone need not be remembered.
      covers: [...state.landing.map(({ key }) => nameOf(key)).filter((name) => covered.has(name)), ...fresh.map(({ key }) => nameOf(key))],
    });
  } catch (error) {
    if (error instanceof AlteredFileError) return compactWithout(ports, table, partition, error);
    throw error;
  }
  await publish(ports, attempt, made, publishedOf(before)?.number);
  await follow(ports.catalogue, table.name, partition, made.number);
  return {
    table: table.name,
    partition,
    generation: made.number,
    filesBefore: inputs.length,
    filesAfter: made.files.length,
    bytesBefore: inputs.reduce((sum, { bytes }) => sum + bytes, 0),
    bytesAfter: made.files.reduce((sum, { bytes }) => sum + bytes, 0),
    rows: made.tally.rows,
    repeatsDropped: made.repeatsDropped,
  };
}

/** Again, from what else is kept. */
async function compactWithout(
  ports: CompactionPorts,
  table: TableSchema,
  partition: PartitionName,
  { key, what }: AlteredFileError,
): Promise<Compacted | undefined> {
  const objects = new CheckedObjects(ports, async (_files, object) => (object.key === key ? what : undefined));
  return compactPartition({ ...ports, objects }, table, await readPartition(objects, table.name, partition));
}

/**
 * The generation to build on: the published one, or, if a file of it is lost, the newest whole one from which nothing is lost, since the
 * landing files between the two are still there. Throws LakeError OBJECT_MISSING or FILE_UNREADABLE if there is none.
 */
function wholeBase(manifest: Manifest, state: PartitionState): Generation | undefined {
  const published = publishedOf(manifest);
  if (published === undefined || isWhole(published, state)) return published;
  const landed = new Set(state.landing.map(({ key }) => nameOf(key)));
  const { generations } = manifest;
  for (let at = generations.length - 2; at >= -1; at -= 1) {
    const one = generations[at];
    // Without any generation only all landing files together are the whole partition: the first one must still be on record.
    if (one === undefined ? generations[0]?.isFirst !== true : !isWhole(one, state)) continue;
    const included = new Set(one?.covers);
    const skipped = generations.slice(at + 1);
    // What a backfill or an erasure has changed is in no landing file.
    if (skipped.some(({ origin }) => origin !== undefined)) break;
    const since = skipped.flatMap(({ covers }) => covers);
    if (since.every((name) => included.has(name) || landed.has(name))) return one;
  }
  const folder = generationFolder(state.table, state.partition, published.number);
  const { fault = 'OBJECT_MISSING', what = '' } = firstLossOf(published, state) ?? {};
  throw new LakeError(
    fault,
    `a file of ${folder} is lost, and the landing files that it was made of are no longer kept: ${what}. Put the file back from an earlier version of the object, or run a backfill of this hour.`,
  );
}

function objectsOf(base: Generation | undefined, { table, partition, objects }: PartitionState): StoredObject[] {
  if (base === undefined) return [];
  const folder = generationFolder(table, partition, base.number);
  const names = new Set(base.files.map(({ name }) => folder + name));
  return (objects.get(base.number) ?? []).filter(({ key }) => names.has(key));
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
