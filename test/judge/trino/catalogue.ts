import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { trinoType } from '../../../glue/athena-views.ts';
import { viewSql } from '../../../glue/views.ts';
import { generationFolder, landingFolder, type PartitionName } from '../../../lake/names.ts';
import type { TableSchema } from '../../../lake/schema.ts';
import { quoteName, quoteText } from '../../../lake/sql-text.ts';
import type { TrinoClient } from './client.ts';

/** Schema of the tables over files; views of the same names are in `SHOWN`. */
export const LANDING = 'landing';
/** Schema that analysts query. */
export const SHOWN = 'lake';

/** An hour of a table and the folder, below the lake, that its rows are in. */
export interface Place extends PartitionName {
  readonly table: string;
  readonly folder: string;
}

/** Declares every table of a lake folder in Trino, with all hours at their landing files, and the view of each. Returns the hours. */
export async function declareLake(client: TrinoClient, lakeDir: string, tables: readonly TableSchema[]): Promise<Place[]> {
  for (const schema of [LANDING, SHOWN]) await client.query(`CREATE SCHEMA ${schema}`);
  const places: Place[] = [];
  for (const table of tables) {
    const landing = join(lakeDir, table.name, 'landing');
    await client.query(tableSql(table, landing), LANDING);
    await client.query(`CALL system.sync_partition_metadata('${LANDING}', ${quoteText(table.name)}, 'ADD')`);
    // As files of one machine have them: blobs are bytes there.
    const view = viewSql(table, `${LANDING}.${quoteName(table.name)}`, 'bytes');
    await client.query(`CREATE VIEW ${SHOWN}.${quoteName(table.name)} AS ${view}`);
    places.push(...hoursIn(landing).map((one) => ({ ...one, table: table.name, folder: landingFolder(table.name, one) })));
  }
  return places;
}

/** Points an hour at another folder: Glue does it in one call, this catalogue in two. */
export async function swapHour(client: TrinoClient, lakeDir: string, place: Place): Promise<void> {
  await dropHour(client, place);
  await addHour(client, lakeDir, place);
}

/** Takes an hour out of the catalogue; its files stay. */
export async function dropHour(client: TrinoClient, place: Place): Promise<void> {
  await client.query(`CALL system.unregister_partition(${hourArguments(place)})`);
}

/** Registers an hour that is not registered. */
export async function addHour(client: TrinoClient, lakeDir: string, place: Place): Promise<void> {
  const location = quoteText(pathToFileURL(join(lakeDir, place.folder)).href);
  await client.query(`CALL system.register_partition(${hourArguments(place)}, ${location})`);
}

/** The hours that a compaction published, at their newest generation. */
export function publishedPlaces(
  compacted: readonly { readonly table: string; readonly partition: PartitionName; readonly generation: number }[],
): Place[] {
  return compacted.map(({ table, partition, generation }) => ({
    ...partition,
    table,
    folder: generationFolder(table, partition, generation),
  }));
}

function hourArguments({ table, dt, hour }: Place): string {
  return `'${LANDING}', ${quoteText(table)}, ARRAY['dt', 'hour'], ARRAY[${quoteText(dt)}, ${quoteText(hour)}]`;
}

function tableSql({ name, columns }: TableSchema, landing: string): string {
  const declared = [...columns.map((column) => `${quoteName(column.name)} ${trinoType(column.type)}`), '"dt" varchar', '"hour" varchar'];
  const options = [
    "format = 'PARQUET'",
    "partitioned_by = ARRAY['dt', 'hour']",
    `external_location = ${quoteText(pathToFileURL(landing).href)}`,
  ];
  return `CREATE TABLE ${quoteName(name)} (${declared.join(', ')}) WITH (${options.join(', ')})`;
}

/** Hours that have a folder. */
function hoursIn(landing: string): PartitionName[] {
  if (!existsSync(landing)) return [];
  return readdirSync(landing)
    .sort()
    .flatMap((day) =>
      readdirSync(join(landing, day))
        .sort()
        .map((hour) => ({ dt: day.replace('dt=', ''), hour: hour.replace('hour=', '') })),
    );
}
