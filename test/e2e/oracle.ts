/**
 * The tables of the payments pipeline computed straight from the source rows with SQL, sharing no code with the pipeline.
 * `source` names a relation with columns event_id, event_time, customer_id, terminal_id, amount_minor, currency, country, channel.
 */
const MEASURES = `
  count(*) AS count, sum(amount_minor) AS sum_minor, min(amount_minor) AS min_minor, max(amount_minor) AS max_minor,
  sum(amount_minor)::DOUBLE / count(*) AS mean_minor, count(DISTINCT customer_id) AS distinct_customers,
  list_sort(list(amount_minor)) AS amounts`;

/** Nearest rank on the sorted list, in whole numbers: the smallest value with at least `percent` % of the values at or below it. */
const rank = (percent: number): string => `amounts[(len(amounts) * ${percent} + 99) // 100]`;

const COLUMNS = `count, sum_minor, min_minor, max_minor, mean_minor, distinct_customers,
  ${rank(50)} AS p50_minor, ${rank(95)} AS p95_minor, ${rank(99)} AS p99_minor`;

const places = (source: string): string =>
  `(SELECT *, coalesce(country, 'unknown') AS place, coalesce(channel, 'unknown') AS way FROM ${source})`;

/** Expected rows of each aggregate table: group columns, window_start, window_end, [duration_ms], measures. */
export function oracleQueries(source: string): Readonly<Record<string, string>> {
  return {
    payments_1m: `
      SELECT currency, place AS country, way AS channel, ws AS window_start, ws + INTERVAL 1 MINUTE AS window_end, ${COLUMNS}
      FROM (SELECT currency, place, way, date_trunc('minute', event_time) AS ws, ${MEASURES} FROM ${places(source)} GROUP BY ALL)`,
    payments_1h: `
      SELECT currency, place AS country, way AS channel, ws AS window_start, ws + INTERVAL 1 HOUR AS window_end, ${COLUMNS}
      FROM (
        SELECT currency, place, way, time_bucket(INTERVAL 5 MINUTE, event_time) - to_minutes(5 * back) AS ws, ${MEASURES}
        FROM ${places(source)}, range(12) AS b(back) GROUP BY ALL)`,
    terminal_1h: `
      SELECT terminal_id, currency, ws AS window_start, ws + INTERVAL 1 HOUR AS window_end, ${COLUMNS}
      FROM (SELECT terminal_id, currency, date_trunc('hour', event_time) AS ws, ${MEASURES} FROM ${source} GROUP BY ALL)`,
    customer_session: `
      WITH marked AS (
        SELECT *, CASE WHEN event_time - lag(event_time) OVER w <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS opens
        FROM ${source} WINDOW w AS (PARTITION BY customer_id, currency ORDER BY event_time)),
      numbered AS (SELECT *, sum(opens) OVER (PARTITION BY customer_id, currency ORDER BY event_time) AS run FROM marked)
      SELECT customer_id, currency, first_time AS window_start, last_time + INTERVAL 30 MINUTE AS window_end,
        epoch_ms(last_time) - epoch_ms(first_time) AS duration_ms, ${COLUMNS}
      FROM (
        SELECT customer_id, currency, run, min(event_time) AS first_time, max(event_time) AS last_time, ${MEASURES}
        FROM numbered GROUP BY ALL)`,
  };
}
