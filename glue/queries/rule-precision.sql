-- Of the alerts of each rule whose transaction was labelled since: how many were fraud.
-- Tables: alerts, labels
-- A payment counts as fraud by its newest label. Alerts without a label are in `alerts` but not in the share.
-- Genuine payments are seldom labelled, so the share flatters rules that fire on them; alert-precision-by-week shows how it develops.
SELECT a.rule_id, count(*) AS alerts, count(*) FILTER (WHERE l.fraud IS NOT NULL) AS labelled,
  count(*) FILTER (WHERE l.fraud) AS fraud,
  CAST(count(*) FILTER (WHERE l.fraud) AS DOUBLE) / nullif(count(*) FILTER (WHERE l.fraud IS NOT NULL), 0) AS precision_share
FROM alerts AS a
LEFT JOIN (
  SELECT customer_id, transaction_id, max_by(fraud, ROW(event_time, event_id)) AS fraud
  FROM labels
  GROUP BY customer_id, transaction_id
) AS l ON l.transaction_id = a.event_id AND l.customer_id = a.customer_id
GROUP BY a.rule_id
ORDER BY a.rule_id
