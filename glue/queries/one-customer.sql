-- Everything about one customer in a stretch of days: each payment with how it was judged and what was learnt later.
-- Tables: decisions, labels, transactions
-- Put in your customer, days and hours. The condition on dt is what keeps it cheap: it closes the folders of all other days. Those on
-- event_time then choose the minutes; without dt beside them every file would be opened. The decision of a payment has the same dt; labels
-- come days later, so they have none.
SELECT t.event_time, t.event_id, t.terminal_id, t.amount, t.currency, d.outcome, d.score, array_join(d.reasons, '; ') AS reasons, l.fraud
FROM transactions AS t
LEFT JOIN decisions AS d ON d.event_id = t.event_id AND d.customer_id = t.customer_id AND d.dt = t.dt
LEFT JOIN (
  SELECT customer_id, transaction_id, max_by(fraud, ROW(event_time, event_id)) AS fraud
  FROM labels
  GROUP BY customer_id, transaction_id
) AS l ON l.transaction_id = t.event_id AND l.customer_id = t.customer_id
WHERE t.customer_id = 'c1' AND t.dt BETWEEN '2026-03-01' AND '2026-03-07'
  AND t.event_time >= TIMESTAMP '2026-03-01 09:30:00' AND t.event_time < TIMESTAMP '2026-03-07 18:00:00'
ORDER BY t.event_time, t.event_id
