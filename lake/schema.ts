/** Type of a lake column, engine-neutral. Decimals of money are shown by views, never stored. */
export type ColumnType =
  | 'string'
  | 'bigint'
  | 'integer'
  | 'double'
  | 'boolean'
  | 'timestamp'
  | 'blob'
  | 'list<string>'
  | { readonly decimal: { readonly precision: number; readonly scale: number } };

/** One column of a lake table. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly description: string;
}

/** A DECIMAL that views add beside a minor-units column, with the exponent of the currency in `currencyColumn`. */
export interface MoneyColumn {
  readonly name: string;
  readonly minorColumn: string;
  readonly currencyColumn: string;
}

/** One lake table: everything that Parquet files, Glue tables and views are rendered from. */
export interface TableSchema {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly Column[];
  /** Timestamp column whose UTC hour is the partition (`dt`, `hour`): event time, or arrival time for the raw tables. */
  readonly partitionColumn: string;
  /** Columns that identify a row: a repeat with the same values is the same row landed twice. */
  readonly idColumns: readonly string[];
  /** Columns that rows of one stretch of time are sorted by in published files: what people ask for together lies together. */
  readonly clusterColumns: readonly string[];
  /** Money shown as DECIMAL by the view. */
  readonly money: readonly MoneyColumn[];
  /** Days after the end of its hour after which a row leaves the table; without it rows stay. */
  readonly keptDays?: number;
}

/** Columns that make a row that row, as views have it: its id and its time. */
export function identityOf({ partitionColumn, idColumns }: TableSchema): string[] {
  return [...new Set([partitionColumn, ...idColumns])];
}
