-- Terminals with fraud, week by week: payments, frauds, their share, and what the frauds amounted to.
-- Tables: labels, transactions
-- A payment counts as fraud by its newest label; a week begins on Monday (UTC) and is that of the payment, not of the label.
-- Labels come late: the frauds of the last weeks are still becoming known. Add AND t.dt >= '2026-01-01' to read less.
SELECT CAST(date_trunc('week', t.event_time) AS DATE) AS week, t.terminal_id, t.currency,
  count(*) AS payments,
  count(*) FILTER (WHERE l.fraud) AS frauds,
  CAST(count(*) FILTER (WHERE l.fraud) AS DOUBLE) / count(*) AS fraud_share,
  sum(t.amount) FILTER (WHERE l.fraud) AS fraud_amount
FROM transactions AS t
LEFT JOIN (
  SELECT customer_id, transaction_id, max_by(fraud, ROW(event_time, event_id)) AS fraud
  FROM labels
  GROUP BY customer_id, transaction_id
) AS l ON l.transaction_id = t.event_id AND l.customer_id = t.customer_id
GROUP BY 1, t.terminal_id, t.currency
HAVING count(*) FILTER (WHERE l.fraud) > 0
ORDER BY week DESC, frauds DESC, t.terminal_id, t.currency
