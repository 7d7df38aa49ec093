import type { StoredObject } from '../../core/ports.ts';
import { LakeError } from '../errors.ts';
import {
  emptyManifest,
  type Generation,
  type Manifest,
  manifestBytes,
  parseManifest,
  publishedOf,
  receiptBytes,
  withAttempt,
  withFailure,
  withGeneration,
  withoutAttempt,
} from '../generations/manifest.ts';
import { isDropped, isWhole, type PartitionState } from '../generations/state.ts';
import { generationFolder, manifestKey, type PartitionName, RECEIPT_NAME } from '../names.ts';
import type { TableSchema } from '../schema.ts';
import { follow } from './catalogue.ts';
import type { CompactionPorts } from './ports.ts';
import { tallyDifferences } from './tally.ts';
import { witnessTally } from './witness.ts';
import type { InputFile, Written } from './writer.ts';

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

/** Manifests change under a publishing try when others begin or give up theirs; more often than this nobody is that busy. */
const PUBLISH_TRIES = 8;

/**
 * Makes the next generation of a partition out of the published one and the landing files that came since, has it read back by the
 * witness, and publishes it: manifest first, catalogue after. Undefined if nothing has landed since; then only the catalogue is made to
 * follow. Whatever fails, the published generation stays; a process that dies leaves files that a sweep removes. Throws LakeError, and
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
  const made = await make(ports, table, attempt, {
    inputs,
    // Landing files that are gone need not be remembered.
    covers: [...state.landing.map(({ key }) => nameOf(key)).filter((name) => covered.has(name)), ...fresh.map(({ key }) => nameOf(key))],
  });
  await publish(ports, attempt.manifest, made, publishedOf(before)?.number);
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

/**
 * The generation to build on: the published one, or, if a file of it is lost, the newest whole one from which nothing is lost, since the
 * landing files between the two are still there. Throws LakeError OBJECT_MISSING if there is none.
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
    const since = generations.slice(at + 1).flatMap(({ covers }) => covers);
    if (since.every((name) => included.has(name) || landed.has(name))) return one;
  }
  const folder = generationFolder(state.table, state.partition, published.number);
  throw new LakeError(
    'OBJECT_MISSING',
    `a file of ${folder} is lost, and the landing files that it was made of are no longer kept. Put the file back from an earlier version of the object, or run a backfill of this hour.`,
  );
}

function objectsOf(base: Generation | undefined, { table, partition, objects }: PartitionState): StoredObject[] {
  if (base === undefined) return [];
  const folder = generationFolder(table, partition, base.number);
  const names = new Set(base.files.map(({ name }) => folder + name));
  return (objects.get(base.number) ?? []).filter(({ key }) => names.has(key));
}

interface Running {
  readonly manifest: Manifest;
  readonly number: number;
  readonly isFirst: boolean;
}

/** Takes a number before any file is written, so that files of two tries never lie in one folder and none is without an owner. */
async function begin({ objects, clock }: CompactionPorts, before: Manifest, version: string | undefined): Promise<Running> {
  const { manifest, number } = withAttempt(before, clock());
  const key = manifestKey(before.table, before);
  if ((await objects.putIf(key, manifestBytes(manifest), version)) === undefined) throw changed(key);
  return { manifest, number, isFirst: before.generations.length === 0 };
}

interface Recipe {
  readonly inputs: readonly StoredObject[];
  readonly covers: readonly string[];
}

/** Writes the files and the receipt of a generation and has them read back. Gives the try up if that fails. */
async function make(ports: CompactionPorts, table: TableSchema, running: Running, recipe: Recipe): Promise<Generation> {
  const { number } = running;
  const folder = generationFolder(table.name, running.manifest, number);
  try {
    const written = await write(ports, table, recipe.inputs);
    for (const { name, path } of written.files) await ports.files.store(folder + name, path);
    await witness(ports, table, folder, written);
    const bytes = new Map((await ports.objects.list(folder)).map((object) => [object.key, object.bytes]));
    const made: Generation = {
      number,
      // A clock that stepped back must not make the one before look replaced long ago.
      publishedMs: Math.max(ports.clock(), publishedOf(running.manifest)?.publishedMs ?? 0),
      isFirst: running.isFirst,
      files: written.files.map(({ name, rows }) => ({ name, rows, bytes: bytes.get(folder + name) ?? -1 })),
      repeatsDropped: written.repeatsDropped,
      newestMs: written.newestMs,
      tally: written.tally,
      covers: recipe.covers,
    };
    await ports.objects.put(folder + RECEIPT_NAME, receiptBytes(made));
    return made;
  } catch (error) {
    await giveUp(ports, running, error).catch(() => undefined);
    throw error;
  } finally {
    ports.writer.clear();
  }
}

async function write({ files, writer }: CompactionPorts, table: TableSchema, inputs: readonly StoredObject[]): Promise<Written> {
  const opened: InputFile[] = [];
  try {
    for (const { key } of inputs) {
      const path = await files.open(key);
      if (path === undefined) throw new LakeError('PARTITION_CHANGED', `${key} is gone; compact again`, { retriable: true });
      opened.push({ key, path });
    }
    return await writer.write(table, opened);
  } finally {
    await files.release(opened.map(({ path }) => path));
  }
}

/** Reads the stored files back with other code than wrote them. Throws LakeError VERIFICATION_FAILED. */
async function witness({ files }: CompactionPorts, table: TableSchema, folder: string, written: Written): Promise<void> {
  const opened: InputFile[] = [];
  try {
    for (const { name } of written.files) {
      const path = await files.open(folder + name);
      if (path === undefined) throw new LakeError('VERIFICATION_FAILED', `${folder}${name} is not there after it was stored`);
      opened.push({ key: folder + name, path });
    }
    const differences = tallyDifferences(written.tally, await witnessTally(table, opened));
    if (differences.length > 0)
      throw new LakeError(
        'VERIFICATION_FAILED',
        `${folder} does not hold what went into it: ${differences.join('; ')}. It is not published; its files are kept for comparison. Compact again, and report it if it fails again.`,
      );
  } finally {
    await files.release(opened.map(({ path }) => path));
  }
}

/** Takes a failed try off the record and removes its files; what the witness refused stays, with the reason. */
async function giveUp({ objects }: CompactionPorts, { manifest, number }: Running, error: unknown): Promise<void> {
  const isEvidence = error instanceof LakeError && error.fault === 'VERIFICATION_FAILED';
  await change(objects, manifest, (now) => (isEvidence ? withFailure(now, number, error.message) : withoutAttempt(now, number)));
  if (isEvidence) return;
  for (const { key } of await objects.list(generationFolder(manifest.table, manifest, number))) await objects.remove(key);
}

/** Publishes a generation in one step. Throws LakeError PARTITION_CHANGED if another one was published meanwhile. */
async function publish({ objects }: CompactionPorts, begun: Manifest, made: Generation, base: number | undefined): Promise<void> {
  await change(objects, begun, (now) => {
    if (publishedOf(now)?.number !== base) throw changed(manifestKey(now.table, now));
    return withGeneration(now, made);
  });
}

/** Replaces a manifest by what `next` makes of it, whatever others do to it meanwhile. */
async function change(
  objects: CompactionPorts['objects'],
  { table, dt, hour }: Manifest,
  next: (now: Manifest) => Manifest,
): Promise<void> {
  const key = manifestKey(table, { dt, hour });
  for (let tries = 0; tries < PUBLISH_TRIES; tries += 1) {
    const stored = await objects.get(key);
    if (stored === undefined) throw changed(key);
    const changedTo = next(parseManifest(stored.body, key));
    if ((await objects.putIf(key, manifestBytes(changedTo), stored.version)) !== undefined) return;
  }
  throw changed(key);
}

function changed(key: string): LakeError {
  return new LakeError('PARTITION_CHANGED', `${key} was changed by another compaction meanwhile; compact again`, { retriable: true });
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
