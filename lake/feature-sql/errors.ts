/** A feature, or a part of one, that SQL which means the same on Trino and DuckDB cannot say. */
export class NoSqlError extends Error {
  override readonly name = 'NoSqlError';
}
