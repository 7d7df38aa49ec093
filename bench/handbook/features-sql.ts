import { K_PER_SECOND } from './features-data.ts';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** Frame of the earlier transactions of a customer since the tile that begins `window` seconds before the current one. */
function since(tile: number, window: number): string {
  return `RANGE BETWEEN (k - (s - s % ${tile} - ${window}) * ${K_PER_SECOND}) PRECEDING AND 1 PRECEDING`;
}

/** Largest amounts of a window: enough for 169 payments in 30 days; more would only cost DuckDB time. */
const LARGEST = 16;
const CUSTOMER = 'PARTITION BY customer ORDER BY k';

/**
 * The features that the handbook's events can feed, of every judged transaction, as window functions of DuckDB over `tx` and `label`. Of terminals
 * transactions and labels are one sequence, in which a transaction stands at the end of the tiles that it may read.
 */
export const FEATURES_SQL = `
WITH
  counted AS (
    SELECT *,
      count(*) OVER w1 AS customer_count_1h,
      count(*) OVER w30 AS customer_count_30d,
      sum(amount) OVER w30 AS total,
      max(amount, ${LARGEST}) OVER w30 AS largest,
      lag(s) OVER (${CUSTOMER}) AS s_before
    FROM tx
    WINDOW w1 AS (${CUSTOMER} ${since(MINUTE, HOUR)}), w30 AS (${CUSTOMER} ${since(DAY, 30 * DAY)})
  ),
  with_ratio AS (
    SELECT * EXCLUDE (largest),
      amount * (customer_count_30d - dropped + 1)::DOUBLE
        / (coalesce(total, 0) - coalesce(list_sum(largest[1:dropped]), 0) + 5500)::DOUBLE AS customer_ratio_30d
    FROM (SELECT *, least(customer_count_30d // 10, 32) AS dropped FROM counted)
  ),
  with_max AS MATERIALIZED (
    SELECT *, max(customer_ratio_30d) OVER (${CUSTOMER} ${since(DAY, 14 * DAY)}) AS customer_ratio_max_14d FROM with_ratio
  ),
  told AS (
    SELECT l.terminal, l.known, l.id, l.s, l.fraud,
      l.fraud AND (t.amount > 20000 OR t.customer_ratio_30d >= 2.5 OR coalesce(t.customer_ratio_max_14d >= 3.0, false))
        AND l.known - l.known % ${DAY} - ${15 * DAY} <= l.s AS explained
    FROM label l JOIN with_max t ON t.id = l.id
  ),
  numbered AS MATERIALIZED (
    SELECT *, count(*) FILTER (WHERE fraud AND NOT explained) OVER (PARTITION BY terminal ORDER BY known, id ROWS UNBOUNDED PRECEDING) AS frauds
    FROM told
  ),
  sequence AS (
    SELECT terminal, known AS place, -1 AS judged_at, fraud, NOT fraud AS legit, fraud AND NOT explained AS unexplained, frauds FROM numbered
    UNION ALL
    SELECT terminal, s - s % ${HOUR} - ${2 * HOUR}, judged_at, false, false, false, NULL FROM tx WHERE judged_at >= 0
  ),
  of_terminal AS (
    SELECT terminal, judged_at,
      count(*) FILTER (WHERE fraud) OVER w AS terminal_frauds_28d,
      count(*) FILTER (WHERE unexplained) OVER w AS terminal_unexplained_frauds_28d,
      max(frauds) OVER w AS frauds_to,
      max(frauds) FILTER (WHERE legit) OVER w AS frauds_to_legit
    FROM sequence
    WINDOW w AS (PARTITION BY terminal ORDER BY place RANGE BETWEEN ${28 * DAY} PRECEDING AND 1 PRECEDING)
  ),
  with_run AS (
    SELECT *, CASE WHEN frauds_to_legit IS NULL THEN terminal_unexplained_frauds_28d ELSE frauds_to - frauds_to_legit END AS terminal_run_28d
    FROM of_terminal WHERE judged_at >= 0
  )
SELECT
  t.judged_at, t.customer_count_1h, t.customer_count_30d, t.total / t.customer_count_30d AS customer_mean_minor_30d,
  t.customer_ratio_30d, t.customer_ratio_max_14d,
  CASE WHEN t.s_before >= t.s - t.s % ${20 * DAY} - ${60 * DAY} THEN (t.s - t.s_before) * 1000 END AS customer_since_last_60d,
  r.terminal_frauds_28d, r.terminal_unexplained_frauds_28d, r.terminal_run_28d,
  CASE WHEN r.terminal_run_28d > 0 THEN t.s // ${DAY} - f.s // ${DAY} END AS terminal_run_age_days_28d
FROM with_max t
JOIN with_run r ON r.judged_at = t.judged_at
LEFT JOIN numbered f ON f.terminal = r.terminal AND f.fraud AND NOT f.explained AND f.frauds = r.frauds_to - r.terminal_run_28d + 1
WHERE t.judged_at >= 0`;
