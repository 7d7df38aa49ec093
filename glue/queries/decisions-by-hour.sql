-- What the rules decided, by hour of event time: counts and the share declined.
-- Tables: decisions
-- Every transaction has one decision, late ones too; hours are UTC. Add WHERE dt = '2026-03-01' before GROUP BY for one day.
-- A declined_share that jumps without new fraud is a rule that grew too strict: rules-fired says which.
SELECT date_trunc('hour', event_time) AS event_hour, count(*) AS decisions,
  count(*) FILTER (WHERE outcome = 'approve') AS approved,
  count(*) FILTER (WHERE outcome = 'review') AS reviewed,
  count(*) FILTER (WHERE outcome = 'decline') AS declined,
  CAST(count(*) FILTER (WHERE outcome = 'decline') AS DOUBLE) / count(*) AS declined_share
FROM decisions
GROUP BY 1
ORDER BY 1
