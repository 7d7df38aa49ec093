-- Of the alerts of each rule and week whose payment was labelled since: how many were fraud.
-- Tables: alerts, labels
-- Weeks begin on Monday (UTC). Alerts without a label yet are in `alerts` but not in the share, so young weeks rest on few.
SELECT CAST(date_trunc('week', a.event_time) AS DATE) AS week, a.rule_id,
  count(*) AS alerts,
  count(*) FILTER (WHERE l.fraud IS NOT NULL) AS labelled,
  count(*) FILTER (WHERE l.fraud) AS fraud,
  CAST(count(*) FILTER (WHERE l.fraud) AS DOUBLE) / nullif(count(*) FILTER (WHERE l.fraud IS NOT NULL), 0) AS precision_share
FROM alerts AS a
LEFT JOIN (
  SELECT customer_id, transaction_id, max_by(fraud, ROW(event_time, event_id)) AS fraud
  FROM labels
  GROUP BY customer_id, transaction_id
) AS l ON l.transaction_id = a.event_id AND l.customer_id = a.customer_id
GROUP BY 1, a.rule_id
ORDER BY week DESC, a.rule_id
