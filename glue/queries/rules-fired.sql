-- How often each active rule fired alone and with others, and the mean score of those events.
-- Tables: decisions
-- A rule that hardly ever fires alone adds points to others; one that fires alone decides by itself. Shadow rules: use d.rules_shadow.
-- Scores are points: the pipeline reviews from 4 and declines from 10.
SELECT fired.rule_id, count(*) AS decisions,
  count(*) FILTER (WHERE cardinality(d.rules_fired) = 1) AS alone,
  avg(CAST(d.score AS DOUBLE)) AS score_mean
FROM decisions AS d
CROSS JOIN UNNEST(d.rules_fired) AS fired (rule_id)
GROUP BY fired.rule_id
ORDER BY decisions DESC, fired.rule_id
