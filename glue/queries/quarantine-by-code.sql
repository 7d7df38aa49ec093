-- What was wrong with quarantined records: code, field, how many, and the last message.
-- Tables: quarantine
SELECT code, path, count(*) AS records, max(arrival_time) AS last_arrival, max_by(message, arrival_time) AS last_message
FROM quarantine
GROUP BY code, path
ORDER BY records DESC, code, path
