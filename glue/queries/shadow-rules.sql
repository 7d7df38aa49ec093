-- What each shadow rule would have added: how often it fired, on its own, on what money, and what labels said since.
-- Tables: decisions, transactions, labels
-- `extra` are events that were approved: only those would be new work. A rule whose extra events are seldom fraud is not ready.
SELECT fired.rule_id, t.currency,
  count(*) AS decisions,
  CAST(count(*) AS DOUBLE) / count(DISTINCT CAST(d.event_time AS DATE)) AS decisions_a_day,
  count(*) FILTER (WHERE d.outcome = 'approve') AS extra,
  coalesce(sum(t.amount) FILTER (WHERE d.outcome = 'approve'), 0) AS extra_amount,
  count(*) FILTER (WHERE l.fraud IS NOT NULL) AS labelled,
  count(*) FILTER (WHERE l.fraud) AS fraud,
  count(*) FILTER (WHERE l.fraud AND d.outcome = 'approve') AS fraud_missed_so_far
FROM decisions AS d
CROSS JOIN UNNEST(d.rules_shadow) AS fired (rule_id)
JOIN transactions AS t ON t.customer_id = d.customer_id AND t.event_id = d.event_id
LEFT JOIN (
  SELECT customer_id, transaction_id, max_by(fraud, ROW(event_time, event_id)) AS fraud
  FROM labels
  GROUP BY customer_id, transaction_id
) AS l ON l.customer_id = d.customer_id AND l.transaction_id = d.event_id
GROUP BY fired.rule_id, t.currency
ORDER BY fired.rule_id, t.currency
