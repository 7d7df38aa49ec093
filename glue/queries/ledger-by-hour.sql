-- How many events each shard finished with in each hour, and into which bins; unaccounted must be 0.
-- Tables: ledger
-- The ledger keeps running totals: an hour is its last balance less the last one before. Hours are of processing time (UTC).
SELECT hour_start, shard_id,
  seen - coalesce(lag(seen) OVER (PARTITION BY shard_id ORDER BY hour_start), 0) AS seen,
  accepted - coalesce(lag(accepted) OVER (PARTITION BY shard_id ORDER BY hour_start), 0) AS accepted,
  late - coalesce(lag(late) OVER (PARTITION BY shard_id ORDER BY hour_start), 0) AS late,
  duplicate - coalesce(lag(duplicate) OVER (PARTITION BY shard_id ORDER BY hour_start), 0) AS duplicate,
  quarantined - coalesce(lag(quarantined) OVER (PARTITION BY shard_id ORDER BY hour_start), 0) AS quarantined,
  seen - accepted - late - duplicate - quarantined AS unaccounted
FROM (
  SELECT date_trunc('hour', recorded_at) AS hour_start, shard_id, seen, accepted, late, duplicate, quarantined,
    row_number() OVER (PARTITION BY shard_id, date_trunc('hour', recorded_at) ORDER BY recorded_at DESC, seen DESC) AS age
  FROM ledger
) AS balances
WHERE age = 1
ORDER BY hour_start, shard_id
