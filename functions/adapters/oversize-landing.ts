import { hash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore, Row } from '../../core/ports.ts';
import { landedTable } from '../../lake/delivery-format.ts';
import { landingKey, partitionOf } from '../../lake/names.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { RowTooLargeError } from './errors.ts';
import type { OversizeLanding } from './firehose-delivery.ts';

/**
 * Lands each row as a Parquet file of its own in the lake, beside those of Firehose: the archive and quarantine rows of records past
 * about 750 KB are too large for it, and nothing may be lost. `objects` gives the store that begins at the lake's folder; it is asked
 * for when such a row comes, so that functions need not load a client which few ever use. Files are named by the row's content, so a
 * repeat replaces itself. Throws RowTooLargeError for tables whose columns the row writer cannot write (lists, decimals); their rows
 * have no field that could grow so large.
 */
export function oversizeLanding(objects: () => Promise<ObjectStore>): OversizeLanding {
  return async (table, row) => {
    const body = await parquetOf(table, row);
    const { dt, hour } = partitionOf(Number(row[table.partitionColumn]));
    const name = `oversize-${hash('sha256', JSON.stringify(row)).slice(0, 32)}`;
    const store = await objects();
    await store.put(landingKey({ table: table.name, dt, hour, name }), body);
  };
}

async function parquetOf(table: TableSchema, row: Row): Promise<Uint8Array> {
  // Loaded when the first such row comes: it would cost every start of a function, and few ever need it.
  const { writeParquetRows } = await import('../../lake/parquet-rows.ts');
  const folder = await mkdtemp(join(tmpdir(), 'headrace-oversize-'));
  const path = join(folder, 'row.parquet');
  try {
    await writeParquetRows(path, landedTable(table), [row]);
    return await readFile(path);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new RowTooLargeError(`row of table ${table.name} is too large for one delivery record and cannot be landed alone: ${what}`, {
      cause: error,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
