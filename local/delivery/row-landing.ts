import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../../core/ports.ts';
import { landingKey, type PartitionName, partitionOf, segmentFileName } from '../../lake/names.ts';
import { writeParquetRows } from '../../lake/parquet-rows.ts';
import type { TableSchema } from '../../lake/schema.ts';
import type { FolderObjectStore } from '../objects/folder.ts';
import type { SealedSegment } from './segments.ts';

/** Lands a segment of a low-volume table row by row, one file for each hour, under the same names as other segments. */
export async function landRows(objects: FolderObjectStore, table: TableSchema, segment: SealedSegment): Promise<number> {
  const scratch = objects.scratch(`land-${table.name}`);
  const partitions = partitionsOf(table, segment);
  for (const { dt, hour, rows } of partitions) {
    const path = join(scratch, `${dt}-${hour}.parquet`);
    await writeParquetRows(path, table, rows);
    await objects.store(landingKey({ table: table.name, dt, hour, name: segmentFileName(segment.number, 0) }), path);
  }
  rmSync(scratch, { recursive: true, force: true });
  return partitions.length;
}

interface PartitionRows extends PartitionName {
  readonly rows: Row[];
}

function partitionsOf(table: TableSchema, { path }: SealedSegment): PartitionRows[] {
  const partitions = new Map<string, PartitionRows>();
  const timeOf = (row: Row): number => Number(row[table.partitionColumn]);
  const rows = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
  for (const row of rows.sort((a, b) => timeOf(a) - timeOf(b))) {
    const { dt, hour } = partitionOf(timeOf(row));
    const known = partitions.get(`${dt} ${hour}`);
    if (known === undefined) partitions.set(`${dt} ${hour}`, { dt, hour, rows: [row] });
    else known.rows.push(row);
  }
  return [...partitions.values()];
}
