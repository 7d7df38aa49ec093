-- The transactions of the fraud detection handbook, shaped into events.
--
-- `input` has: transaction_id, tx_datetime (UTC), customer_id, terminal_id, amount DECIMAL, fraud, fraud_scenario.
-- It names no currency; the events say EUR. The fraud flag of a transaction becomes known exactly 7 days later, as a
-- label event; labels that would fall after the last transaction are not sent, except to a back-test, which asks for all
-- of them as the truth to measure by.
--
-- Order: event time, at one instant what was learnt before what happens, then the transaction number. Sorting the narrow
-- input columns and shaping them afterwards keeps the sort small.
WITH
  known AS (
    SELECT 'transaction' AS type, tx_datetime AS event_time, transaction_id, tx_datetime, customer_id, terminal_id, amount, fraud, fraud_scenario
    FROM input
    UNION ALL
    SELECT 'label', tx_datetime + INTERVAL 7 DAY, transaction_id, tx_datetime, customer_id, terminal_id, NULL, fraud, fraud_scenario
    FROM input
    WHERE coalesce(getvariable('all_labels'), false) OR tx_datetime + INTERVAL 7 DAY <= (SELECT max(tx_datetime) FROM input)
  ),
  in_order AS (
    SELECT * FROM known ORDER BY event_time, type, transaction_id
  )
SELECT
  type,
  CASE type WHEN 'label' THEN 'label-' || transaction_id ELSE transaction_id::VARCHAR END AS event_id,
  event_time,
  CASE type WHEN 'label' THEN transaction_id::VARCHAR END AS transaction_id,
  CASE type WHEN 'label' THEN tx_datetime END AS transaction_time,
  customer_id::VARCHAR AS customer_id,
  terminal_id::VARCHAR AS terminal_id,
  amount,
  CASE type WHEN 'transaction' THEN 'EUR' END AS currency,
  CASE type WHEN 'label' THEN fraud END AS fraud,
  CASE WHEN type = 'label' AND fraud THEN fraud_scenario::VARCHAR END AS scenario
FROM in_order
