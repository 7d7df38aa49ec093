-- What was wrong with quarantined records: code, field, how many, and the last message.
-- Tables: quarantine
-- path is the field that was wrong, empty where the whole record was. headrace quarantine shows single records and sends them again.
-- Hours and dt are those of arrival, since bad data often has no time of its own.
SELECT code, path, count(*) AS records, max(arrival_time) AS last_arrival, max(message) FILTER (WHERE age = 1) AS last_message
FROM (
  SELECT code, path, message, arrival_time,
    row_number() OVER (PARTITION BY code, path ORDER BY arrival_time DESC, shard_id, lpad(sequence, 56, '0') DESC, sub_sequence DESC) AS age
  FROM quarantine
) AS records
GROUP BY code, path
ORDER BY records DESC, code, path
