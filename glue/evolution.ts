import { UsageError, usageError } from '../core/errors.ts';
import type { TableSchema } from '../lake/schema.ts';
import { glueType } from './tables.ts';

/** One column as it was published: the catalogue's type, and ` required` behind it when every row fills it. */
type ColumnMark = string;

/** Schemas of all tables as they were published last: column marks by name, by table. Kept as JSON beside the pipeline. */
export interface SchemaSnapshot {
  readonly tables: Readonly<Record<string, { readonly partitionedBy: string; readonly columns: Readonly<Record<string, ColumnMark>> }>>;
}

const REQUIRED = ' required';

/** The snapshot of these tables. */
export function snapshotOf(tables: readonly TableSchema[]): SchemaSnapshot {
  return {
    tables: Object.fromEntries(
      tables.map(({ name, partitionColumn, columns }) => [
        name,
        { partitionedBy: partitionColumn, columns: Object.fromEntries(columns.map((one) => [one.name, markOf(one)])) },
      ]),
    ),
  };
}

/** Text of a snapshot file. */
export function snapshotText(snapshot: SchemaSnapshot): string {
  return `${JSON.stringify(snapshot, null, 2)}\n`;
}

/** Reads the text of a snapshot file. Throws UsageError naming the file. */
export function parseSnapshot(text: string, where: string): SchemaSnapshot {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${where}: not readable as JSON: ${String(error)}; restore it from version control`, { cause: error });
  }
  if (!isSnapshot(value))
    throw usageError(where, text.slice(0, 80), '{"tables": {TABLE: {"partitionedBy": COLUMN, "columns": {COLUMN: TYPE}}}}');
  return value;
}

/**
 * Compares the published schemas with the current ones and returns what is new, as `table` or `table.column`. Old files must go on
 * answering: a new table and a new nullable column are fine, and so is a required column that becomes nullable. Throws one UsageError
 * that lists every change that is refused: a removed table or column, a changed type or partition column, a new required column.
 */
export function checkEvolution(previous: SchemaSnapshot, tables: readonly TableSchema[]): string[] {
  const current = snapshotOf(tables).tables;
  const refused: string[] = [];
  for (const [name, before] of Object.entries(previous.tables)) {
    const now = current[name];
    if (now === undefined) refused.push(`table ${name}: removed`);
    else refused.push(...refusedColumns(name, before, now));
  }
  if (refused.length > 0) throw evolutionError(refused);
  return Object.entries(current).flatMap(([name, { columns }]) => {
    const before = previous.tables[name]?.columns;
    if (before === undefined) return [name];
    return Object.keys(columns).flatMap((column) => (Object.hasOwn(before, column) ? [] : [`${name}.${column}`]));
  });
}

type TableMark = SchemaSnapshot['tables'][string];

function refusedColumns(table: string, before: TableMark, now: TableMark): string[] {
  const partition =
    before.partitionedBy === now.partitionedBy
      ? []
      : [`table ${table}: partitioned by ${now.partitionedBy}, was by ${before.partitionedBy}`];
  const changed = Object.entries(before.columns).flatMap(([column, mark]) => {
    const label = `column ${table}.${column}`;
    const later = now.columns[column];
    if (later === undefined) return [`${label}: removed`];
    if (typeOf(later) !== typeOf(mark)) return [`${label}: type ${typeOf(later)}, was ${typeOf(mark)}`];
    return later.endsWith(REQUIRED) && !mark.endsWith(REQUIRED) ? [`${label}: required, was nullable`] : [];
  });
  const added = Object.entries(now.columns).flatMap(([column, mark]) =>
    !Object.hasOwn(before.columns, column) && mark.endsWith(REQUIRED) ? [`column ${table}.${column}: new and required`] : [],
  );
  return [...partition, ...changed, ...added];
}

function evolutionError(refused: readonly string[]): UsageError {
  return new UsageError(
    `schema change that old files cannot answer: got ${refused.join('; ')}; allowed: new tables and new nullable (optional) columns. ` +
      'Give the changed column another name, or, if no file of the old form is to be read again, take its entry out of the schema snapshot.',
  );
}

function markOf({ type, nullable }: TableSchema['columns'][number]): ColumnMark {
  return `${glueType(type)}${nullable ? '' : REQUIRED}`;
}

function typeOf(mark: ColumnMark): string {
  return mark.endsWith(REQUIRED) ? mark.slice(0, -REQUIRED.length) : mark;
}

function isSnapshot(value: unknown): value is SchemaSnapshot {
  if (!isRecord(value) || !isRecord(value['tables'])) return false;
  return Object.values(value['tables']).every(
    (table) =>
      isRecord(table) &&
      typeof table['partitionedBy'] === 'string' &&
      isRecord(table['columns']) &&
      Object.values(table['columns']).every((mark) => typeof mark === 'string'),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
