-- How long runs of payments of one customer last, and how many payments and how much money they hold.
-- Tables: customer_session
-- A session ends with a pause of more than 30 minutes; its length is last less first payment, so a single payment lasts 0.
SELECT currency,
  CASE WHEN duration_ms = 0 THEN '0: one moment'
    WHEN duration_ms < 300000 THEN '1: under 5 minutes'
    WHEN duration_ms < 1800000 THEN '2: 5 to 30 minutes'
    WHEN duration_ms < 7200000 THEN '3: 30 minutes to 2 hours'
    ELSE '4: 2 hours and more' END AS lasting,
  count(*) AS sessions,
  CAST(sum(count) AS BIGINT) AS payments,
  CAST(sum(sum_minor) AS BIGINT) AS sum_minor,
  max(duration_ms) AS longest_ms
FROM customer_session
GROUP BY currency, 2
ORDER BY currency, lasting
