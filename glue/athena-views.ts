import type { ColumnType, TableSchema } from '../lake/schema.ts';
import { quoteName } from '../lake/sql-text.ts';
import { glueType } from './tables.ts';
import { viewColumns, viewSql } from './views.ts';

/** A view as the catalogue holds it for Athena. Members are named as in CloudFormation. */
export interface GlueViewInput {
  readonly name: string;
  readonly description: string;
  readonly tableType: 'VIRTUAL_VIEW';
  readonly parameters: Readonly<Record<string, string>>;
  readonly viewOriginalText: string;
  readonly viewExpandedText: string;
  readonly storageDescriptor: { readonly columns: { readonly name: string; readonly type: string }[] };
}

/** Catalogue that Athena calls the account's own. */
const CATALOG = 'awsdatacatalog';

/**
 * The view of a table over the landed files: table in the database `source`, view in the database `shown`. What Athena's own CREATE
 * VIEW would write, so that views come with the stack and no query has to run.
 */
export function athenaView(table: TableSchema, { source, shown }: { readonly source: string; readonly shown: string }): GlueViewInput {
  const sql = viewSql(table, `${quoteName(source)}.${quoteName(table.name)}`, 'base64');
  const columns = viewColumns(table);
  const definition = {
    originalSql: sql,
    catalog: CATALOG,
    schema: shown,
    columns: columns.map(({ name, type }) => ({ name, type: trinoType(type) })),
  };
  return {
    name: table.name,
    description: table.description,
    tableType: 'VIRTUAL_VIEW',
    parameters: { presto_view: 'true', comment: 'Presto View' },
    viewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(definition)).toString('base64')} */`,
    viewExpandedText: '/* Presto View */',
    storageDescriptor: { columns: columns.map(({ name, type }) => ({ name, type: glueType(type) })) },
  };
}

/** Trino's name of a lake type. */
export function trinoType(type: ColumnType): string {
  if (typeof type === 'object') return `decimal(${type.decimal.precision},${type.decimal.scale})`;
  switch (type) {
    case 'string':
      return 'varchar';
    case 'blob':
      return 'varbinary';
    case 'timestamp':
      return 'timestamp(3)';
    case 'list<string>':
      return 'array(varchar)';
    default:
      return type;
  }
}
