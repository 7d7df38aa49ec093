-- What the rule set on trial would have decided beside what was decided: events a day, money, and what labels said since.
-- Tables: decisions, transactions, labels
-- Rows where both outcomes are equal are the agreement; those that the trial declines or reviews and the rules approve are its extra work.
-- Genuine payments are seldom labelled, and young days have few labels yet: compare shares of fraud between rows, not with the truth.
SELECT d.trial_version, t.currency, d.outcome, d.trial_outcome,
  count(*) AS events,
  CAST(count(*) AS DOUBLE) / max(n.days) AS events_a_day,
  sum(t.amount) AS amount,
  count(*) FILTER (WHERE l.fraud IS NOT NULL) AS labelled,
  count(*) FILTER (WHERE l.fraud) AS fraud,
  coalesce(sum(t.amount) FILTER (WHERE l.fraud), 0) AS fraud_amount
FROM decisions AS d
JOIN (
  SELECT trial_version, count(DISTINCT CAST(event_time AS DATE)) AS days
  FROM decisions
  WHERE trial_version IS NOT NULL
  GROUP BY trial_version
) AS n ON n.trial_version = d.trial_version
JOIN transactions AS t ON t.customer_id = d.customer_id AND t.event_id = d.event_id
LEFT JOIN (
  SELECT customer_id, transaction_id, max_by(fraud, ROW(event_time, event_id)) AS fraud
  FROM labels
  GROUP BY customer_id, transaction_id
) AS l ON l.customer_id = d.customer_id AND l.transaction_id = d.event_id
GROUP BY d.trial_version, t.currency, d.outcome, d.trial_outcome
ORDER BY d.trial_version, t.currency, d.outcome, d.trial_outcome
