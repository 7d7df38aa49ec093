-- Where every event of each shard went, by the last balance in the ledger; unaccounted must be 0.
-- Tables: ledger
-- Each event ends in exactly one bin: accepted, late, duplicate or quarantined. The ledger is written every few minutes, so it may be
-- behind; ledger-by-hour shows how it got there, and headrace ledger compares it with the archive.
SELECT shard_id, recorded_at, seen, accepted, late, duplicate, quarantined,
  seen - accepted - late - duplicate - quarantined AS unaccounted
FROM (
  SELECT *, row_number() OVER (PARTITION BY shard_id ORDER BY recorded_at DESC, seen DESC) AS age
  FROM ledger
) AS balances
WHERE age = 1
ORDER BY shard_id
