-- Late events by hour of event time, with how far behind the watermark they were at most, in seconds.
-- Tables: late_events
-- Late events are kept but are in no window: an hour with many of them has aggregates that are too low.
-- The watermark is how far the stream had come; a producer that sends in batches shows as one steady number of seconds.
SELECT date_trunc('hour', event_time) AS event_hour, event_type, count(*) AS events,
  max(to_unixtime(watermark) - to_unixtime(event_time)) AS behind_max_s
FROM late_events
GROUP BY 1, 2
ORDER BY 1, 2
