-- Declined transactions, the newest first, with their amount, their reasons and how many payments the customer made in the hour before.
-- Tables: decisions, transactions
-- customer_count_1h stands for any feature: each decision keeps those that its rules read, as JSON. An empty cell: no rule read it.
-- Amounts are in the currency's own units. For outcome 'review' change the WHERE; add AND d.dt = '2026-03-01' AND t.dt = d.dt to read less.
SELECT d.event_time, d.event_id, d.customer_id, t.amount, t.currency, d.score,
  array_join(d.reasons, '; ') AS reasons,
  json_extract_scalar(d.features, '$.customer_count_1h') AS customer_count_1h
FROM decisions AS d
JOIN transactions AS t ON t.customer_id = d.customer_id AND t.event_id = d.event_id
WHERE d.outcome = 'decline'
ORDER BY d.event_time DESC, d.event_id, d.customer_id
LIMIT 100
