import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../core/errors.ts';

/** A query that comes with the installation; its text runs unchanged on Athena and on DuckDB with `DUCKDB_MACROS`. */
export interface NamedQuery {
  /** Lower-case words joined by `-`. */
  readonly name: string;
  /** One sentence: what the rows are. */
  readonly description: string;
  /** Views that it reads. */
  readonly tables: readonly string[];
  readonly sql: string;
}

const QUERIES_DIR = join(import.meta.dirname, 'queries');
const HEADER = /^-- (?<description>.+)\n-- Tables: (?<tables>[a-z0-9_, ]+)\n/;
const FILE_NAME = /^(?<name>[a-z][a-z0-9-]*)\.sql$/;

/** The shipped queries whose tables are all there, in order of name. */
export function namedQueries(tables: ReadonlySet<string>): NamedQuery[] {
  const queries = readdirSync(QUERIES_DIR)
    .sort()
    .map((file) => parseQuery(file, readFileSync(join(QUERIES_DIR, file), 'utf8')));
  return queries.filter((query) => query.tables.every((table) => tables.has(table)));
}

/** Reads one query file: a comment line that says what it shows, one that names its tables, the text. Throws UsageError. */
export function parseQuery(file: string, text: string): NamedQuery {
  const name = FILE_NAME.exec(file)?.groups?.['name'];
  if (name === undefined) throw usageError('name of a query file', file, 'lower-case words joined by -, ending in .sql');
  const header = HEADER.exec(text)?.groups;
  if (header === undefined) throw usageError(`${file}: first lines`, text.slice(0, 80), '-- WHAT IT SHOWS, then -- Tables: NAME, NAME');
  const tables = (header['tables'] ?? '').split(',').map((table) => table.trim());
  return { name, description: header['description'] ?? '', tables, sql: text.trimEnd() };
}
