import { hash } from 'node:crypto';
import { z } from 'zod';
import { LakeError } from '../errors.ts';
import { manifestKey, type PartitionName } from '../names.ts';

/** Format of manifests and receipts that this build writes; it reads no newer one. */
const FORMAT = 1;

const file = z.strictObject({ name: z.string(), bytes: z.number(), rows: z.number(), sha256: z.exactOptional(z.string()) });
const tally = z.strictObject({ rows: z.number(), ids: z.string(), columns: z.record(z.string(), z.string()) });
const generation = z.strictObject({
  number: z.number(),
  publishedMs: z.number(),
  isFirst: z.boolean(),
  files: z.array(file),
  repeatsDropped: z.number(),
  newestMs: z.nullable(z.number()),
  tally,
  covers: z.array(z.string()),
  origin: z.exactOptional(z.string()),
});
const attempt = z.strictObject({ number: z.number(), startedMs: z.number(), failure: z.exactOptional(z.string()) });
const manifest = z.strictObject({
  table: z.string(),
  dt: z.string(),
  hour: z.string(),
  next: z.number(),
  attempts: z.array(attempt),
  generations: z.array(generation),
  dropped: z.exactOptional(z.strictObject({ atMs: z.number(), isFinal: z.boolean() })),
});

/** What a set of rows adds up to, whatever its order. */
export interface Tally {
  readonly rows: number;
  /** Checksum of the ids: sum of 64 bits of the MD5 of each row's id, decimal. */
  readonly ids: string;
  /** For each column the number of values and their sum (of lengths for text), as `count:sum`. */
  readonly columns: Readonly<Record<string, string>>;
}

/** One file of a generation. */
export interface GenerationFile {
  /** Name below the folder of the generation. */
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
  /** Of its bytes, hexadecimal: by it damage shows that still decodes. Builds before kept none. */
  readonly sha256?: string;
}

/** One complete version of a partition. */
export interface Generation {
  /** Grows with each try, published or not; from 1. */
  readonly number: number;
  readonly publishedMs: number;
  /** Whether it is the partition's first: made of landing files alone. */
  readonly isFirst: boolean;
  readonly files: readonly GenerationFile[];
  /** Rows of the input that had the id of another one. */
  readonly repeatsDropped: number;
  /** Greatest value of the partition column, epoch ms; null without rows. */
  readonly newestMs: number | null;
  /** What its rows add up to: counted on the way in, and found again by the witness. */
  readonly tally: Tally;
  /** Names of the landing files that it includes. */
  readonly covers: readonly string[];
  /** The backfill or erasure that made it, as `backfill/ID` or `erasure/ID`; compaction names none. */
  readonly origin?: string;
}

/** A try to make a generation: its number is taken, its files belong to nobody yet. */
export interface Attempt {
  readonly number: number;
  readonly startedMs: number;
  /** Why the witness refused what it made; its files are kept as evidence. */
  readonly failure?: string;
}

/** What is published of one partition of a table, and what was. */
export interface Manifest extends PartitionName {
  readonly table: string;
  /** Number of the next try. */
  readonly next: number;
  readonly attempts: readonly Attempt[];
  /** Generations that are kept, oldest first: the last one is published. */
  readonly generations: readonly Generation[];
  /** Set once the hour has left its table: see `Dropped`. */
  readonly dropped?: Dropped;
}

/** How an hour left its table because of its age: queries show it no more. */
export interface Dropped {
  /** Since when; what was there can be asked for as of a moment before. */
  readonly atMs: number;
  /** Whether its files are being removed: then it shows at no moment any more, and does not come back. */
  readonly isFinal: boolean;
}

/** The manifest of a partition that has none yet. */
export function emptyManifest(table: string, { dt, hour }: PartitionName): Manifest {
  return { table, dt, hour, next: 1, attempts: [], generations: [] };
}

/** The published generation; undefined before the first. */
export function publishedOf({ generations }: Manifest): Generation | undefined {
  return generations.at(-1);
}

/** Takes the next number for a try. */
export function withAttempt(manifest: Manifest, startedMs: number): { readonly manifest: Manifest; readonly number: number } {
  const { next: number } = manifest;
  return { number, manifest: { ...manifest, next: number + 1, attempts: [...manifest.attempts, { number, startedMs }] } };
}

/** Publishes what a try has made. Throws LakeError PARTITION_CHANGED if the try is no longer on record, or the hour has left its table. */
export function withGeneration(manifest: Manifest, made: Generation): Manifest {
  if (manifest.dropped !== undefined || !manifest.attempts.some(({ number }) => number === made.number))
    throw new LakeError(
      'PARTITION_CHANGED',
      `generation ${made.number} of ${manifestKey(manifest.table, manifest)} was given up meanwhile; compact again`,
      { retriable: true },
    );
  return { ...withoutAttempt(manifest, made.number), generations: [...manifest.generations, made] };
}

/** Records that the witness refused what a try has made. */
export function withFailure(manifest: Manifest, number: number, failure: string): Manifest {
  return { ...manifest, attempts: manifest.attempts.map((one) => (one.number === number ? { ...one, failure } : one)) };
}

/** Takes a generation back, and all that were made of it since. */
export function withoutGenerationsSince(manifest: Manifest, number: number): Manifest {
  return { ...manifest, generations: manifest.generations.filter((one) => one.number < number) };
}

/** Gives a try up. */
export function withoutAttempt(manifest: Manifest, number: number): Manifest {
  return { ...manifest, attempts: manifest.attempts.filter((one) => one.number !== number) };
}

/** Takes the hour out of its table, or one step further out. */
export function withDrop(manifest: Manifest, dropped: Dropped): Manifest {
  return { ...manifest, ...(dropped.isFinal ? { attempts: [], generations: [] } : {}), dropped };
}

/** Brings an hour back that is not as old as was thought. */
export function withoutDrop({ table, dt, hour, next, attempts, generations }: Manifest): Manifest {
  return { table, dt, hour, next, attempts, generations };
}

/** Bytes of a manifest, with a digest by which a change by other hands shows. */
export function manifestBytes(value: Manifest): Uint8Array {
  return sealed(value);
}

/** Reads a manifest. Throws LakeError MANIFEST_DAMAGED if Headrace did not write it so, MANIFEST_NEWER if a later build did. */
export function parseManifest(bytes: Uint8Array, key: string): Manifest {
  const parsed = opened(bytes, key, manifest);
  if (manifestKey(parsed.table, parsed) !== key) throw damaged(key, `it is the manifest of ${manifestKey(parsed.table, parsed)}`);
  return parsed;
}

/** Bytes of a receipt: the generation as its manifest has it, kept beside its files. */
export function receiptBytes(value: Generation): Uint8Array {
  return sealed(value);
}

/** Reads a receipt; errors as for manifests. */
export function parseReceipt(bytes: Uint8Array, key: string): Generation {
  return opened(bytes, key, generation);
}

function sealed(body: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, digest: digestOf(body), body }, null, 1)}\n`);
}

function digestOf(body: unknown): string {
  return hash('sha256', JSON.stringify(body));
}

const envelope = z.looseObject({ format: z.number(), digest: z.string(), body: z.unknown() });

function opened<T>(bytes: Uint8Array, key: string, schema: z.ZodType<T>): T {
  const outer = envelope.safeParse(jsonOf(bytes, key));
  if (!outer.success) throw damaged(key, 'it has no format, digest and body');
  const { format, digest, body } = outer.data;
  if (format > FORMAT)
    throw new LakeError(
      'MANIFEST_NEWER',
      `${key} has format ${format}; this build reads ${FORMAT}. Use the build that wrote it, or a later one.`,
    );
  if (digestOf(body) !== digest) throw damaged(key, 'its digest does not fit: it was edited, or cut short');
  const inner = schema.safeParse(body);
  if (!inner.success) throw damaged(key, inner.error.issues[0]?.message ?? 'it has another form');
  return inner.data;
}

function jsonOf(bytes: Uint8Array, key: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged(key, 'it is not JSON', error);
  }
}

function damaged(key: string, what: string, cause?: unknown): LakeError {
  return new LakeError('MANIFEST_DAMAGED', `${key} is not as Headrace wrote it: ${what}. ${REPAIR}.`, { cause });
}

/** What becomes of an hour with a damaged manifest, and how to go on. */
export const REPAIR =
  'Queries go on with the newest whole generation. Run headrace compact --repair, which makes the manifest anew from the receipts of the generations, or put its latest version back';

/** The error for a manifest that Headrace wrote, but that was put back by somebody after others had followed it. */
export function outdated(key: string, next: number, newest: number): LakeError {
  return new LakeError(
    'MANIFEST_DAMAGED',
    `${key} is older than its generations: it gives number ${next} to the next one, but generation ${newest} is there. ${REPAIR}.`,
  );
}
