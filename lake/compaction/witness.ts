import { zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetScan, type SchemaElement } from 'hyparquet';
import { RetriableError } from '../../core/errors.ts';
import type { ObjectFiles, StoredObject } from '../../core/ports.ts';
import { LakeError } from '../errors.ts';
import type { FileColumns } from '../file-schema.ts';
import { LOSS_REMEDY } from '../generations/loss.ts';
import type { Tally } from '../generations/manifest.ts';
import { parseGenerationKey } from '../names.ts';
import { identityOf, type TableSchema } from '../schema.ts';
import { storeFault } from '../store-fault.ts';
import { columnTypes } from './column-types.ts';
import { TallyCounter } from './tally.ts';

/** The footer of a Parquet file, as a reader that wrote none of our files understands it. */
export interface FileFooter {
  readonly rows: number;
  /** Names of the columns, in their order. */
  readonly columns: readonly string[];
  /** The same with their types, as the engine would name them. */
  readonly types: FileColumns;
  /** Bytes of all values before compression: what the rows take in memory, about. */
  readonly plainBytes: number;
  /** Greatest values of the time columns that have statistics, epoch ms. */
  readonly maxima: ReadonlyMap<string, number>;
}

/** Most footers are shorter: one read gets them. */
export const FOOTER_BYTES = 64 * 1024;

const COMPRESSORS = { ZSTD: (bytes: Uint8Array): Uint8Array => zstdDecompressSync(bytes) };

/** Reads a footer. `key` names the file in errors: LakeError FILE_UNREADABLE. */
export async function readFooter(path: string, key: string): Promise<FileFooter> {
  return footerOf(await unreadableAs(key, async () => parquetMetadataAsync(await asyncBufferFromFile(path))));
}

/** Reads the footer of a stored object without the rest of it; undefined if the object is gone. Errors as in `readFooter`. */
export async function readStoredFooter(
  files: Pick<ObjectFiles, 'part'>,
  { key, bytes }: Pick<StoredObject, 'key' | 'bytes'>,
): Promise<FileFooter | undefined> {
  const start = Math.max(0, bytes - FOOTER_BYTES);
  const end = bytes === 0 ? new Uint8Array(0) : await files.part(key, start, bytes);
  if (end === undefined) return undefined;
  const slice = async (from: number, to = bytes): Promise<ArrayBuffer> =>
    bufferOf(from >= start ? end.subarray(from - start, to - start) : ((await files.part(key, from, to)) ?? new Uint8Array(0)));
  const read = { byteLength: bytes, slice };
  return footerOf(await unreadableAs(key, async () => parquetMetadataAsync(read, { initialFetchSize: FOOTER_BYTES })));
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function footerOf(metadata: FileMetaData): FileFooter {
  const types = columnTypes(metadata.schema);
  return {
    rows: Number(metadata.num_rows),
    columns: [...types.keys()],
    types,
    maxima: maximaOf(metadata),
    plainBytes: metadata.row_groups.reduce((sum, { total_byte_size }) => sum + Number(total_byte_size), 0),
  };
}

/** Reads written files back and adds them up: what was really written, by other code than wrote it. One row group is in memory at a time. */
export async function witnessTally(table: TableSchema, files: readonly { readonly path: string; readonly key: string }[]): Promise<Tally> {
  const counter = new TallyCounter(table);
  for (const { path, key } of files) await unreadableAs(key, () => countFile(table, path, counter));
  return counter.tally();
}

async function countFile(table: TableSchema, path: string, counter: TallyCounter): Promise<void> {
  const identity = identityOf(table);
  const file = await asyncBufferFromFile(path);
  const metadata = withRawDecimals(await parquetMetadataAsync(file));
  // Offset indexes would only add reads: everything is read, in order.
  const scan = await parquetScan({ file, metadata, compressors: COMPRESSORS, utf8: false, useOffsetIndex: false });
  for (const { rowStart, rowEnd } of scan.ranges) {
    const ids: Record<string, ArrayLike<unknown>> = {};
    for (const column of table.columns) {
      const values = (await scan.readColumn({ column: column.name, rowStart, rowEnd })) as ArrayLike<unknown>;
      if (values.length !== rowEnd - rowStart)
        throw new Error(`column ${column.name} has ${values.length} values in ${rowEnd - rowStart} rows`);
      counter.addColumn(column, typeof column.type === 'object' ? Array.from(values, unscaledOf) : values);
      if (identity.includes(column.name)) ids[column.name] = typeof column.type === 'object' ? Array.from(values, unscaledOf) : values;
    }
    counter.addIds(ids, rowEnd - rowStart);
  }
}

/** The reader turns decimals into floating-point numbers: without their annotation they stay the integers that are stored. */
function withRawDecimals(metadata: FileMetaData): FileMetaData {
  const raw = ({ converted_type, logical_type, ...element }: SchemaElement): SchemaElement => element;
  return { ...metadata, schema: metadata.schema.map((element) => (element.converted_type === 'DECIMAL' ? raw(element) : element)) };
}

/** Stored integer of a decimal: a number of 32 or 64 bits, or big-endian bytes. */
function unscaledOf(value: unknown): bigint | undefined {
  if (value === null || value === undefined) return undefined;
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint);
  return BigInt.asIntN(8 * value.byteLength, BigInt(`0x${Buffer.from(value).toString('hex')}`));
}

function maximaOf(metadata: FileMetaData): Map<string, number> {
  const maxima = new Map<string, number>();
  for (const { columns } of metadata.row_groups)
    for (const { meta_data: column } of columns) {
      const max = column?.statistics?.max_value ?? column?.statistics?.max;
      const name = column?.path_in_schema.join('.') ?? '';
      if (max instanceof Date) maxima.set(name, Math.max(max.getTime(), maxima.get(name) ?? Number.NEGATIVE_INFINITY));
    }
  return maxima;
}

async function unreadableAs<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // What the store could not answer says nothing about the file.
    if (error instanceof LakeError || error instanceof RetriableError) throw error;
    const fault = storeFault(error, key);
    if (fault !== undefined) throw fault;
    throw unreadable(key, error instanceof Error ? error.message : String(error), error);
  }
}

/** The error for a file that nobody can read: what is wrong with it, and how to go on. */
export function unreadable(key: string, what: string, cause: unknown): LakeError {
  return new LakeError('FILE_UNREADABLE', `${key} is no whole Parquet file: ${what}. ${remedyOf(key)}`, { cause });
}

function remedyOf(key: string): string {
  if (parseGenerationKey(key) !== undefined) return `Go on so: ${LOSS_REMEDY}.`;
  return `Put back its earlier version, or set it aside with headrace compact --set-aside ${key}; a backfill brings its rows again.`;
}
