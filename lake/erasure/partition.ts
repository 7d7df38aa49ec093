import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredObject } from '../../core/ports.ts';
import { changed, openObjects } from '../compaction/attempt.ts';
import { digestsOf } from '../compaction/digest.ts';
import type { SortEngine } from '../compaction/engine.ts';
import type { CompactionPorts } from '../compaction/ports.ts';
import { replacePartition } from '../compaction/replace.ts';
import { duckType } from '../duck-types.ts';
import { LakeError } from '../errors.ts';
import { manifestBytes, publishedOf } from '../generations/manifest.ts';
import { snapshotOf } from '../generations/snapshot.ts';
import { type PartitionState, readPartition } from '../generations/state.ts';
import { manifestKey, parseGenerationKey, parseLandedKey } from '../names.ts';
import { quoteName, quoteText } from '../sql-text.ts';
import { type Patches, patchedSql, readPatches } from './patches.ts';
import type { TableMask } from './rows.ts';

/** What masking one partition comes to. */
export interface MaskedPartition {
  readonly table: string;
  readonly dt: string;
  readonly hour: string;
  /** Rows of the files that show the partition which hold something of the subject, repeats included. */
  readonly rowsMasked: number;
  /** All other rows of those files. */
  readonly rowsKept: number;
  /** Sum of the hashes of the other rows, before and after. */
  readonly keptBefore: string;
  readonly keptAfter: string;
}

/** What masking needs. */
export interface ErasurePorts extends CompactionPorts {
  readonly engine: SortEngine;
}

/** Files that show a partition. Throws LakeError if one of them is lost or its manifest is damaged: what they hold could not be masked. */
export async function shownFiles({ objects }: Pick<CompactionPorts, 'objects'>, state: PartitionState): Promise<StoredObject[]> {
  const snapshot = await snapshotOf(objects, state);
  if (state.damage !== undefined) throw state.damage.error;
  if (snapshot.warning !== undefined)
    throw new LakeError(
      'OBJECT_MISSING',
      `${snapshot.warning}. Run headrace compact first, which mends it or says how, and then this again.`,
    );
  const published = new Set(snapshot.published);
  const files = [...state.objects.values()].flat().filter(({ key }) => published.has(key));
  return [...files, ...snapshot.landed];
}

/**
 * Publishes a generation with the rows of the subject masked in the place of what the partition shows; all else stays as it is, which is
 * checked by a checksum before. `onPlanned` is told before anything is published. Undefined if nothing shown is the subject's.
 */
export async function maskPartition(
  ports: ErasurePorts,
  mask: TableMask,
  state: PartitionState,
  { origin, onPlanned }: { readonly origin: string; readonly onPlanned: (one: MaskedPartition) => Promise<void> },
): Promise<MaskedPartition | undefined> {
  const shown = await shownFiles(ports, state);
  const generation = state.manifest === undefined ? undefined : publishedOf(state.manifest.value);
  const isLarge = shown.reduce((sum, { bytes }) => sum + bytes, 0) > LARGE_BYTES;
  const { files, close } = await openObjects(ports, shown, digestsOf(state, generation));
  const scratch = ports.files.scratch('erasure');
  try {
    const patches = await readPatches(ports.engine, mask, files);
    if (patches.rows.length === 0) return undefined;
    const { paths, planned } = await writeMasked(ports.engine, mask, { patches, scratch, isLarge });
    const one = { table: mask.table.name, ...state.partition, ...planned };
    await onPlanned(one);
    const inputs = paths.map((path) => ({ path, key: `masked rows of ${mask.table.name}` }));
    await replacePartition(ports, mask.table, state, { inputs, origin });
    return one;
  } finally {
    // It held the key.
    rmSync(scratch, { recursive: true, force: true });
    await close();
  }
}

/** Stored bytes above which the engine is started anew after each statement. */
const LARGE_BYTES = 8 * 2 ** 20;

type Planned = Pick<MaskedPartition, 'rowsMasked' | 'rowsKept' | 'keptBefore' | 'keptAfter'>;

async function writeMasked(
  engine: SortEngine,
  { table }: TableMask,
  { patches, scratch, isLarge }: { readonly patches: Patches; readonly scratch: string; readonly isLarge: boolean },
): Promise<{ readonly paths: string[]; readonly planned: Planned }> {
  const { kept, masked } = await patchedSql(patches, scratch);
  const columns = table.columns.map(({ name }) => quoteName(name)).join(', ');
  const sums = `SELECT count(*)::DOUBLE, coalesce(sum(hash(${columns})::HUGEINT), 0)::VARCHAR`;
  const [[rowsKept = 0, keptBefore = '0'] = []] = (await engine.rows(`${sums} FROM (${kept})`, isLarge)) as [[number?, string?]?];
  const paths = [join(scratch, 'kept.parquet'), join(scratch, 'masked.parquet')];
  for (const [i, sql] of [kept, masked].entries())
    await engine.rows(`COPY (${sql}) TO ${quoteText(paths[i] ?? '')} (FORMAT parquet, COMPRESSION zstd)`, isLarge);
  const typed = table.columns.map(({ name, type }) => `CAST(${quoteName(name)} AS ${duckType(type)}) AS ${quoteName(name)}`).join(', ');
  const again = `${sums} FROM (SELECT ${typed} FROM read_parquet(${quoteText(paths[0] ?? '')}, hive_partitioning = false))`;
  const [[, keptAfter = ''] = []] = (await engine.rows(again, isLarge)) as [[number?, string?]?];
  if (keptAfter !== keptBefore)
    throw new LakeError(
      'VERIFICATION_FAILED',
      `${table.name}: rows of others would change (${keptBefore}, then ${keptAfter}); nothing was published`,
    );
  return { paths, planned: { rowsMasked: patches.rows.length, rowsKept, keptBefore, keptAfter } };
}

const PURGE_TRIES = 8;

/**
 * Really removes what a partition was before: older generations, tries, landing files that the published generation includes, and files
 * set aside. Returns how many files went.
 */
export async function purgePartition({ objects }: Pick<CompactionPorts, 'objects'>, state: PartitionState): Promise<number> {
  const { table, partition } = state;
  for (let tries = 0; ; tries += 1) {
    const now = await readPartition(objects, table, partition);
    const { manifest } = now;
    const published = manifest === undefined ? undefined : publishedOf(manifest.value);
    if (
      manifest !== undefined &&
      published !== undefined &&
      (manifest.value.generations.length > 1 || manifest.value.attempts.length > 0)
    ) {
      const body = manifestBytes({ ...manifest.value, generations: [published], attempts: [] });
      if ((await objects.putIf(manifestKey(table, partition), body, manifest.version)) === undefined) {
        if (tries === PURGE_TRIES) throw changed(manifestKey(table, partition));
        continue;
      }
    }
    const covered = new Set(published?.covers);
    const gone = (await partitionObjects(objects, state)).filter(({ key }) => {
      const landed = parseLandedKey(key);
      if (landed !== undefined) return covered.has(landed.name);
      const made = parseGenerationKey(key);
      return made === undefined || made.number !== published?.number;
    });
    for (const { key } of gone) await objects.remove(key);
    return gone.length;
  }
}

/** Everything that lies of a partition but its manifest: landing files, generations, tries, files set aside. */
async function partitionObjects(
  objects: CompactionPorts['objects'],
  { table, partition: { dt, hour }, objects: made }: PartitionState,
): Promise<StoredObject[]> {
  const at = `dt=${dt}/hour=${hour}/`;
  const beside = await Promise.all(['landing', 'aside'].map((folder) => objects.list(`${table}/${folder}/${at}`)));
  const numbers = [...made.keys()].map((number) => objects.list(`${table}/gen=${number}/${at}`));
  return [...beside.flat(), ...(await Promise.all(numbers)).flat()];
}
