-- Late events by hour of event time, with how far behind the watermark they were at most, in seconds.
-- Tables: late_events
SELECT date_trunc('hour', event_time) AS event_hour, event_type, count(*) AS events,
  max(to_unixtime(watermark) - to_unixtime(event_time)) AS behind_max_s
FROM late_events
GROUP BY 1, 2
ORDER BY 1, 2
