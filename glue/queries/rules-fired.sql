-- How often each active rule fired alone and with others, and the mean score of those events.
-- Tables: decisions
SELECT fired.rule_id, count(*) AS decisions,
  count(*) FILTER (WHERE cardinality(d.rules_fired) = 1) AS alone,
  avg(CAST(d.score AS DOUBLE)) AS score_mean
FROM decisions AS d
CROSS JOIN UNNEST(d.rules_fired) AS fired (rule_id)
GROUP BY fired.rule_id
ORDER BY decisions DESC, fired.rule_id
