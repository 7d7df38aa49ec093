-- Devices by the week they were first seen in: how many, how many payments they made since, and how many of those were fraud.
-- Tables: labels, transactions
-- Fraud often comes from devices that are new. Payments without a device are left out; weeks begin on Monday (UTC).
SELECT CAST(date_trunc('week', d.first_seen) AS DATE) AS cohort_week,
  count(DISTINCT t.device_id) AS devices,
  count(*) AS payments,
  count(*) FILTER (WHERE t.event_time < d.first_seen + INTERVAL '7' DAY) AS payments_first_week,
  count(*) FILTER (WHERE l.fraud) AS frauds,
  count(*) FILTER (WHERE l.fraud AND t.event_time < d.first_seen + INTERVAL '7' DAY) AS frauds_first_week
FROM transactions AS t
JOIN (
  SELECT device_id, min(event_time) AS first_seen
  FROM transactions
  WHERE device_id IS NOT NULL
  GROUP BY device_id
) AS d ON d.device_id = t.device_id
LEFT JOIN (
  SELECT customer_id, transaction_id, max_by(fraud, ROW(event_time, event_id)) AS fraud
  FROM labels
  GROUP BY customer_id, transaction_id
) AS l ON l.transaction_id = t.event_id AND l.customer_id = t.customer_id
GROUP BY 1
ORDER BY cohort_week
