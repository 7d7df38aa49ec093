import { UsageError } from '../../core/errors.ts';
import { quoteName, quoteText, type SourceColumn, timestampSql, valueSql } from './columns.ts';
import type { CsvForm } from './csv-text.ts';
import type { FeedShape } from './events.ts';
import type { Inputs } from './inputs.ts';

/** SQL for the view `input` over the files, which an import shapes: rows in file order. */
export function inputViewSql(inputs: Inputs): string {
  const files = `[${inputs.files.map(quoteText).join(', ')}]`;
  const readers = {
    parquet: `read_parquet(${files}, union_by_name = true)`,
    csv: `read_csv(${files}, header = true, union_by_name = true)`,
    payloads: `read_parquet(${files})`,
    ndjson: `read_json(${files}, format = 'newline_delimited', union_by_name = true)`,
  };
  return `CREATE OR REPLACE VIEW input AS SELECT * FROM ${readers[inputs.kind]}`;
}

/**
 * SQL for the view `input` over one CSV file whose rows are events: text exactly as written. Rows that do not fit the header go to
 * `reject_errors` with their place in the file.
 */
export function csvViewSql(file: string, { delimiter, columns }: CsvForm): string {
  const types = columns.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ');
  const form = `auto_detect = false, header = true, columns = {${types}}, delim = ${quoteText(delimiter)}, quote = '"', escape = '"'`;
  return `CREATE OR REPLACE VIEW input AS SELECT * FROM read_csv(${quoteText(file)}, ${form}, store_rejects = true)`;
}

/** The import's SELECT without closing semicolons, or all rows of the input. */
export function selectSql(importSql: string | undefined): string {
  if (importSql === undefined) return 'SELECT * FROM input';
  return importSql.replace(/[\s;]+$/, '');
}

function keySql(columns: ReadonlyMap<string, SourceColumn>, shape: FeedShape): string {
  const text = (field: string): string => (columns.has(field) ? `${quoteName(field)}::VARCHAR` : 'NULL::VARCHAR');
  const fields = new Set(Object.values(shape.keyFields));
  const [only] = fields;
  if (fields.size === 1 && only !== undefined) return text(only);
  if (!columns.has('type')) return text(shape.keyFields[shape.defaultType] ?? '');
  const cases = Object.entries(shape.keyFields).map(([type, field]) => `WHEN ${quoteText(type)} THEN ${text(field)}`);
  return `CASE "type"::VARCHAR ${cases.join(' ')} END`;
}

/** SQL of rows that are events already, in the form of `payloadSql`. */
export const PAYLOADS_SQL = 'SELECT payload, key, time_ms FROM input UNION ALL SELECT NULL, NULL, NULL';

/**
 * SQL that turns rows of `select` into `payload` (JSON bytes), `key` and `time_ms` (epoch ms), in the rows' order. JSON
 * fields are the columns in their order, NULLs left out; the default type comes first where there is no `type` column.
 * Throws UsageError when there is no `event_time`.
 */
export function payloadSql(select: string, columns: readonly SourceColumn[], shape: FeedShape): string {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const time = byName.get('event_time');
  if (time === undefined) {
    throw new UsageError(
      `input rows have no column event_time: got ${columns.map((column) => column.name).join(', ')}; allowed: columns named like event fields (shape others with --import)`,
    );
  }
  const parts = columns.map(
    (column) => `',' || ${quoteText(`${JSON.stringify(column.name)}:`)} || ${valueSql(column, shape.fieldKinds[column.name])}`,
  );
  if (!byName.has('type')) parts.unshift(quoteText(`,"type":${JSON.stringify(shape.defaultType)}`));
  // concat leaves NULL parts out; the first comma goes.
  const payload = `'{' || substr(concat(${parts.join(', ')}), 2) || '}'`;
  const key = keySql(byName, shape);
  return `SELECT encode(${payload}) AS payload, ${key} AS key, epoch_ms(${timestampSql(time)}) AS time_ms FROM (\n${select}\n) AS events
    UNION ALL SELECT NULL, NULL, NULL`;
}
