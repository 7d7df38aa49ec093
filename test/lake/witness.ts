import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { Row, RowValue } from '../../core/ports.ts';
import { landingPrefix } from '../../lake/names.ts';
import type { TableSchema } from '../../lake/schema.ts';

/** A landing file read by a library that wrote none of it. */
export interface LandedFile {
  /** Key below the table's landing prefix. */
  readonly name: string;
  readonly metadata: FileMetaData;
  readonly rows: readonly Row[];
}

/** All landing files of a table, by name, with rows in the form they were delivered in. */
export async function readLanded(lakeDir: string, table: TableSchema): Promise<LandedFile[]> {
  const root = join(lakeDir, landingPrefix(table.name));
  const names = namesBelow(root).filter((name) => name.endsWith('.parquet'));
  return Promise.all(
    names.sort().map(async (name) => {
      const file = bufferOf(readFileSync(join(root, name)));
      return { name, metadata: parquetMetadata(file), rows: await parquetRows(file, table) };
    }),
  );
}

/** Rows of a Parquet file in the form they were delivered in. */
export async function parquetRows(file: ArrayBuffer, table: TableSchema): Promise<Row[]> {
  const objects = await parquetReadObjects({ file, utf8: false, compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) } });
  return objects.map((object) => Object.fromEntries(table.columns.map((column) => [column.name, rowValue(object[column.name])])));
}

/** Bytes as a buffer of their own. */
export function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

function namesBelow(root: string): string[] {
  try {
    return readdirSync(root, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

function rowValue(value: unknown): RowValue {
  if (value instanceof Date) return value.getTime();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (Array.isArray(value)) return value.map(String);
  return value === undefined ? null : (value as RowValue);
}
