-- Terminals whose payments of a day changed most against their payments of the day before.
-- Tables: terminal_1h
-- Amounts are minor units of the currency (cents). A terminal without payments on the day before has no row for that day.
SELECT day, terminal_id, currency, payments, sum_minor, before_minor, sum_minor - before_minor AS change_minor
FROM (
  SELECT day, terminal_id, currency, payments, sum_minor,
    lag(sum_minor) OVER (PARTITION BY terminal_id, currency ORDER BY day) AS before_minor,
    lag(day) OVER (PARTITION BY terminal_id, currency ORDER BY day) AS day_before
  FROM (
    SELECT CAST(window_start AS DATE) AS day, terminal_id, currency,
      CAST(sum(count) AS BIGINT) AS payments, CAST(sum(sum_minor) AS BIGINT) AS sum_minor
    FROM terminal_1h
    GROUP BY 1, terminal_id, currency
  ) AS days
) AS pairs
WHERE day_before = day - INTERVAL '1' DAY
ORDER BY abs(sum_minor - before_minor) DESC, day DESC, terminal_id, currency
LIMIT 50
