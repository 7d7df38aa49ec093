-- Seconds between event time and arrival of each hour's transactions: half, 99 %, most.
-- Tables: transactions
-- The lag is what producers and the network took, before anything of ours ran; a customer's clock that is wrong shows here too.
-- The shares are estimates, which differ a little between engines. Add WHERE dt >= '2026-03-01' before GROUP BY to read less.
SELECT date_trunc('hour', event_time) AS event_hour, count(*) AS events,
  approx_percentile(to_unixtime(arrival_time) - to_unixtime(event_time), 0.5) AS p50_s,
  approx_percentile(to_unixtime(arrival_time) - to_unixtime(event_time), 0.99) AS p99_s,
  max(to_unixtime(arrival_time) - to_unixtime(event_time)) AS max_s
FROM transactions
GROUP BY 1
ORDER BY 1
