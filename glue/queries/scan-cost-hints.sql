-- Where the payments lie: rows of each day and of its busiest hour, to see what a query would read.
-- Tables: transactions
-- A query is charged for the columns it names in the hours it opens. Three things make it cheap: conditions on dt and hour, which keep
-- whole folders closed (conditions on event_time alone do not); few columns instead of *; one customer together with a stretch of time,
-- since published files are sorted by ten minutes and customer. This query itself reads next to nothing but the ids.
SELECT dt, count(*) AS hours_used, CAST(sum(payments) AS BIGINT) AS payments, max(payments) AS payments_busiest_hour,
  max_by(hour, payments * 100 - CAST(hour AS BIGINT)) AS busiest_hour
FROM (
  SELECT dt, hour, count(*) AS payments
  FROM transactions
  GROUP BY dt, hour
) AS hours
GROUP BY dt
ORDER BY dt
