import { RetriableError } from '../../core/errors.ts';
import type { StoredObject } from '../../core/ports.ts';
import { LakeError } from '../errors.ts';
import {
  type Generation,
  type Manifest,
  manifestBytes,
  outdated,
  parseManifest,
  publishedOf,
  receiptBytes,
  type Tally,
  withAttempt,
  withFailure,
  withGeneration,
  withoutAttempt,
} from '../generations/manifest.ts';
import { generationFolder, manifestKey, RECEIPT_NAME } from '../names.ts';
import type { TableSchema } from '../schema.ts';
import { storeFault } from '../store-fault.ts';
import { assertUnaltered, fileDigest } from './digest.ts';
import type { InputFile } from './inputs.ts';
import type { CompactionPorts } from './ports.ts';
import { tallyDifferences } from './tally.ts';
import { witnessTally } from './witness.ts';
import type { Written } from './writer.ts';

/** Manifests change under a publishing try when others begin or give up theirs; more often than this nobody is that busy. */
const PUBLISH_TRIES = 8;

/** What becomes of a try that the witness refused, and how to go on. */
const REFUSED = 'It is not published; its files are kept for comparison. Compact again, and report it if it fails again.';

/** A try to make a generation, on record in the manifest. */
export interface Running {
  readonly manifest: Manifest;
  readonly number: number;
  readonly isFirst: boolean;
}

/**
 * Takes a number before any file is written, so that files of two tries never lie in one folder and none is without an owner. Throws
 * LakeError PARTITION_CHANGED if another one was faster, MANIFEST_DAMAGED if that number has files: the manifest is outdated.
 */
export async function begin({ objects, clock }: CompactionPorts, before: Manifest, version: string | undefined): Promise<Running> {
  const { manifest, number } = withAttempt(before, clock());
  const key = manifestKey(before.table, before);
  if ((await objects.list(generationFolder(before.table, before, number))).length > 0 && (await objects.get(key))?.version === version)
    throw outdated(key, number, number);
  if ((await objects.putIf(key, manifestBytes(manifest), version)) === undefined) throw changed(key);
  return { manifest, number, isFirst: before.generations.length === 0 };
}

/** What a generation is made of. */
export interface Recipe {
  /** Opens the files whose rows it is made of; the caller closes them. */
  readonly open: () => Promise<{ readonly files: readonly InputFile[]; readonly close: () => Promise<void> }>;
  /** Names of the landing files that it includes. */
  readonly covers: readonly string[];
  /** The backfill or erasure that it comes from; undefined for compaction. */
  readonly origin?: string;
}

/** Writes the files and the receipt of a generation and has them read back. Gives the try up if that fails. */
export async function make(ports: CompactionPorts, table: TableSchema, running: Running, recipe: Recipe): Promise<Generation> {
  const { number } = running;
  const folder = generationFolder(table.name, running.manifest, number);
  try {
    const written = await write(ports, table, recipe);
    const digests = new Map<string, string>();
    for (const { name, path } of written.files) {
      digests.set(folder + name, await fileDigest(path));
      await ports.files.store(folder + name, path);
    }
    await witness(ports, table, folder, { ...written, digests });
    const bytes = new Map((await ports.objects.list(folder)).map((object) => [object.key, object.bytes]));
    const made: Generation = {
      number,
      // A clock that stepped back must not make the one before look replaced long ago.
      publishedMs: Math.max(ports.clock(), publishedOf(running.manifest)?.publishedMs ?? 0),
      isFirst: running.isFirst,
      files: written.files.map(({ name, rows }) => ({
        name,
        rows,
        bytes: bytes.get(folder + name) ?? -1,
        sha256: digests.get(folder + name) ?? '',
      })),
      repeatsDropped: written.repeatsDropped,
      newestMs: written.newestMs,
      tally: written.tally,
      covers: recipe.covers,
      ...(recipe.origin === undefined ? {} : { origin: recipe.origin }),
    };
    await ports.objects.put(folder + RECEIPT_NAME, receiptBytes(made));
    return made;
  } catch (error) {
    const { dt, hour } = running.manifest;
    const named = storeFault(error, `${table.name} ${dt} ${hour} could not be written`) ?? error;
    await giveUp(ports, running, named).catch(() => undefined);
    throw named;
  } finally {
    ports.writer.clear();
  }
}

async function write({ writer }: CompactionPorts, table: TableSchema, recipe: Recipe): Promise<Written> {
  const { files, close } = await recipe.open();
  try {
    return await writer.write(table, files);
  } finally {
    await close();
  }
}

/** Opens objects of the lake as the files of a recipe. Throws AlteredFileError for one that has another SHA-256 than `digests` says. */
export async function openObjects(
  { files }: CompactionPorts,
  inputs: readonly StoredObject[],
  digests: ReadonlyMap<string, string> = new Map(),
): ReturnType<Recipe['open']> {
  const opened: InputFile[] = [];
  const close = (): Promise<void> => files.release(opened.map(({ path }) => path));
  try {
    for (const { key } of inputs) {
      const path = await files.open(key);
      if (path === undefined) throw new LakeError('PARTITION_CHANGED', `${key} is gone; compact again`, { retriable: true });
      opened.push({ key, path });
    }
    await assertUnaltered(opened, digests);
  } catch (error) {
    await close();
    throw error;
  }
  return { files: opened, close };
}

/** Reads the stored files back with other code than wrote them. Throws LakeError VERIFICATION_FAILED. */
async function witness(
  { files }: CompactionPorts,
  table: TableSchema,
  folder: string,
  written: Written & { readonly digests: ReadonlyMap<string, string> },
): Promise<void> {
  const opened: InputFile[] = [];
  try {
    for (const { name } of written.files) {
      const path = await files.open(folder + name);
      if (path === undefined) throw new LakeError('VERIFICATION_FAILED', `${folder}${name} is not there after it was stored. ${REFUSED}`);
      opened.push({ key: folder + name, path });
      // Sums say nothing about statistics and indexes, by which readers pass over rows.
      if ((await fileDigest(path)) !== written.digests.get(folder + name))
        throw new LakeError('VERIFICATION_FAILED', `${folder}${name} is not stored byte for byte as it was written. ${REFUSED}`);
    }
    const differences = tallyDifferences(written.tally, await readBack(table, folder, opened));
    if (differences.length > 0)
      throw new LakeError('VERIFICATION_FAILED', `${folder} does not hold what went into it: ${differences.join('; ')}. ${REFUSED}`);
  } finally {
    await files.release(opened.map(({ path }) => path));
  }
}

/** What is in files that were just stored: whatever keeps them from being read is wrong with what was written, or how it was stored. */
async function readBack(table: TableSchema, folder: string, opened: readonly InputFile[]): Promise<Tally> {
  try {
    return await witnessTally(table, opened);
  } catch (error) {
    // What the store could not answer says nothing about the files.
    if (error instanceof RetriableError || (error instanceof LakeError && error.retriable)) throw error;
    const what = error instanceof LakeError && error.cause instanceof Error ? error.cause.message : String(error);
    throw new LakeError('VERIFICATION_FAILED', `${folder} cannot be read back: ${what}. ${REFUSED}`, { cause: error });
  }
}

/** Takes a failed try off the record and removes its files; what the witness refused stays, with the reason, and what is published after all. */
async function giveUp({ objects }: CompactionPorts, { manifest, number }: Running, error: unknown): Promise<void> {
  const isEvidence = error instanceof LakeError && error.fault === 'VERIFICATION_FAILED';
  let isPublished = false;
  await change(objects, manifest, (now) => {
    // The write that published it may have been done though its answer was lost.
    isPublished = now.generations.some((one) => one.number === number);
    return isEvidence ? withFailure(now, number, error.message) : withoutAttempt(now, number);
  });
  if (isEvidence || isPublished) return;
  for (const { key } of await objects.list(generationFolder(manifest.table, manifest, number))) await objects.remove(key);
}

/**
 * Publishes a generation in one step. Throws LakeError PARTITION_CHANGED if another one was published meanwhile. Gives the try up if that
 * fails: left on record it would look cut off.
 */
export async function publish(ports: CompactionPorts, running: Running, made: Generation, base: number | undefined): Promise<void> {
  try {
    await change(ports.objects, running.manifest, (now) => {
      if (publishedOf(now)?.number !== base) throw changed(manifestKey(now.table, now));
      return withGeneration(now, made);
    });
  } catch (error) {
    await giveUp(ports, running, error).catch(() => undefined);
    throw error;
  }
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

/** Another compaction was faster. */
export function changed(key: string): LakeError {
  return new LakeError('PARTITION_CHANGED', `${key} was changed by another compaction meanwhile; compact again`, { retriable: true });
}
