/**
 * Functions of Athena (Trino) that DuckDB lacks under that name, as statements that define them: with these, the text of views and
 * named queries runs on both. Estimates differ in their last digits between the two.
 */
export const DUCKDB_MACROS: readonly string[] = [
  'CREATE OR REPLACE MACRO approx_percentile(x, p) AS approx_quantile(x, p)',
  // Exact: the estimate of DuckDB is off by more than a tenth now and then, that of Athena by a fortieth.
  'CREATE OR REPLACE MACRO approx_distinct(x) AS count(DISTINCT x)',
  'CREATE OR REPLACE MACRO to_unixtime(t) AS CAST(epoch_ms(t) AS DOUBLE) / 1000',
  'CREATE OR REPLACE MACRO from_unixtime(s) AS make_timestamp(CAST(round(s * 1000000) AS BIGINT))',
  'CREATE OR REPLACE MACRO json_extract_scalar(j, path) AS json_extract_string(j, path)',
  'CREATE OR REPLACE MACRO cardinality(xs) AS len(xs)',
  'CREATE OR REPLACE MACRO array_join(xs, separator) AS array_to_string(xs, separator)',
  'CREATE OR REPLACE MACRO element_at(xs, i) AS list_extract(xs, i)',
  'CREATE OR REPLACE MACRO regexp_like(s, pattern) AS regexp_matches(s, pattern)',
];
