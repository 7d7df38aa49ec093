import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPipeline } from '../../local/pipeline.ts';
import { runPipeline } from '../../local/runtime/run.ts';
import { expectAggregatesEqual, lakeRows, plainRows } from './compare.ts';
import { temporaryFolder } from './folder.ts';

const FOLDER = '../shared/data/handbook';
const DAYS = Number(process.env['HEADRACE_HANDBOOK_DAYS'] ?? 11);
const HAS_DATA = existsSync(FOLDER);
if (!HAS_DATA) process.stderr.write(`handbook test skipped: ${FOLDER} is not here\n`);

const SOURCE = `(SELECT * FROM read_parquet('${FOLDER}/*.parquet') WHERE tx_datetime < TIMESTAMP '2018-04-01' + to_days(${DAYS}))`;

/** Relations of the oracle: transactions as `src`, labels that were sent as `known`. */
const SETUP = [
  `CREATE TABLE raw AS SELECT * FROM ${SOURCE}`,
  `CREATE TABLE src AS SELECT transaction_id::VARCHAR AS event_id, transaction_id AS number, tx_datetime::TIMESTAMP AS event_time,
     customer_id::VARCHAR AS customer_id, terminal_id::VARCHAR AS terminal_id, (amount * 100)::BIGINT AS amount_minor,
     'EUR' AS currency, NULL::VARCHAR AS country, NULL::VARCHAR AS channel FROM raw`,
  `CREATE TABLE known AS SELECT terminal_id::VARCHAR AS terminal_id, transaction_id::VARCHAR AS event_id, 'label-' || transaction_id AS id, fraud,
     tx_datetime::TIMESTAMP AS event_time, tx_datetime::TIMESTAMP + INTERVAL 7 DAY AS known_at FROM raw
     WHERE tx_datetime + INTERVAL 7 DAY <= (SELECT max(tx_datetime) FROM raw)`,
  // Earlier payments of the customer, up to the end of the day.
  `CREATE TABLE pairs AS SELECT a.event_id, b.event_id AS earlier_id, b.amount_minor,
       date_trunc('minute', b.event_time) >= date_trunc('minute', a.event_time) - INTERVAL 1 HOUR AS in_hour,
       date_trunc('day', b.event_time) >= date_trunc('day', a.event_time) - INTERVAL 30 DAY AS in_30d,
       date_trunc('day', b.event_time) >= date_trunc('day', a.event_time) - INTERVAL 14 DAY AS in_14d
     FROM src a JOIN src b ON a.customer_id = b.customer_id AND (b.event_time, b.number) < (a.event_time, a.number)`,
  `CREATE TABLE own AS SELECT event_id, any_value(s.amount_minor) AS amount_minor, count(*) FILTER (in_hour) AS n_1h, count(*) FILTER (in_30d) AS n_30d,
       coalesce(list_sort(list(p.amount_minor) FILTER (in_30d)), []) AS amounts
     FROM src s LEFT JOIN pairs p USING (event_id) GROUP BY event_id`,
  // The tenth part with the largest amounts is left out, 55.00 counted in.
  `CREATE TABLE ratios AS SELECT event_id, amount_minor::DOUBLE * (n_30d - n_30d // 10 + 1)
       / (coalesce(list_sum(amounts[1:n_30d - n_30d // 10]), 0) + 5500) AS ratio FROM own`,
  `CREATE TABLE highest AS SELECT p.event_id, max(ratio) FILTER (in_14d) AS ratio FROM pairs p JOIN ratios r ON r.event_id = p.earlier_id GROUP BY p.event_id`,
  `CREATE TABLE explained AS SELECT event_id, own.amount_minor > 20000 OR r.ratio >= 2.5 OR coalesce(h.ratio, 0) >= 3 AS is_explained
     FROM own JOIN ratios r USING (event_id) LEFT JOIN highest h USING (event_id)`,
];

/** Features and outcome of every transaction, from the words of the definition and the rule files. */
const DECISIONS = `
  WITH heard AS (
    SELECT a.event_id, a.event_time, k.fraud, k.event_time AS made_at, k.fraud AND e.is_explained AS is_explained, (k.known_at, k.id) AS place
    FROM src a JOIN known k ON a.terminal_id = k.terminal_id
      AND k.known_at < date_trunc('hour', a.event_time - INTERVAL 2 HOUR)
      AND k.known_at >= date_trunc('hour', a.event_time - INTERVAL 2 HOUR) - INTERVAL 28 DAY
    JOIN explained e ON e.event_id = k.event_id),
  honest AS (SELECT event_id, max(place) AS place FROM heard WHERE NOT fraud GROUP BY event_id),
  runs AS (
    SELECT h.event_id, count(*) AS run,
      date_diff('day', date_trunc('day', min_by(made_at, h.place)), date_trunc('day', any_value(event_time))) AS age
    FROM heard h LEFT JOIN honest o USING (event_id)
    WHERE fraud AND NOT is_explained AND (o.place IS NULL OR h.place > o.place) GROUP BY h.event_id),
  frauds AS (SELECT event_id, count(*) AS frauds FROM heard WHERE fraud GROUP BY event_id),
  parts AS (
    SELECT event_id, n_1h, n_30d, coalesce(frauds, 0) AS frauds, coalesce(run, 0) AS run, coalesce(age, 99) AS age,
      CASE WHEN r.ratio > 3.5 THEN 80 WHEN r.ratio > 3 THEN 40 WHEN r.ratio > 2.5 THEN 20 WHEN r.ratio > 2 THEN 10 ELSE 0 END
        + CASE WHEN own.amount_minor > 22000 THEN 100 ELSE 0 END + CASE WHEN n_1h >= 5 THEN 40 ELSE 0 END AS plain,
      CASE WHEN h.ratio > 4 THEN 40 ELSE 0 END AS stolen
    FROM own JOIN ratios r USING (event_id) LEFT JOIN highest h USING (event_id) LEFT JOIN runs USING (event_id) LEFT JOIN frauds USING (event_id)),
  scored AS (
    SELECT *, CASE WHEN run >= 1 AND age < 25 THEN 70 WHEN run >= 1 AND age < 28 THEN 50 ELSE 0 END
        + CASE WHEN run >= 2 AND age < 28 THEN 10 ELSE 0 END AS compromise,
      plain + stolen + compromise AS score
    FROM parts)
  SELECT event_id, score, CASE WHEN score >= 100 OR stolen >= 80 OR compromise >= 80 THEN 'decline'
      WHEN score >= 40 OR stolen >= 40 OR compromise >= 40 THEN 'review' ELSE 'approve' END AS outcome, n_1h, n_30d, frauds, run
  FROM scored`;

test.runIf(HAS_DATA)(
  `the first ${DAYS} days of the handbook: aggregates, features and outcomes equal SQL over the source`,
  async () => {
    const folder = temporaryFolder();
    const input = join(folder, 'slice.parquet');
    await plainRows([`COPY ${SOURCE} TO '${input}'`], {});
    const loaded = await loadPipeline('pipelines/payments');
    const { report, differences } = await runPipeline({
      dataDir: join(folder, 'data'),
      loaded,
      inputs: [input],
      importFile: 'pipelines/payments/imports/handbook.sql',
      shardCount: 3,
      batchSize: 1_000,
      keepOpen: false,
      append: false,
    });
    expect(differences).toEqual([]);
    expect(report).toMatchObject({ late: 0, duplicate: 0, quarantined: 0, seen: report.accepted });
    const lake = join(folder, 'data', 'lake');
    const rows = await expectAggregatesEqual(lake, loaded.pipeline, SETUP, 'src');
    expect(Object.values(rows).reduce((sum, count) => sum + count, 0)).toBe(report.windows_closed);
    const ours = await lakeRows(lake, loaded.pipeline, {
      decisions: `SELECT event_id, score, outcome, features->>'customer_count_1h', features->>'customer_count_30d', features->>'terminal_frauds_28d',
        features->>'terminal_run_28d' FROM decisions`,
      fired: 'SELECT count(*) FROM alerts',
      listed: "SELECT sum(len(rules_fired)) FROM decisions WHERE outcome <> 'approve'",
    });
    const theirs = await plainRows(SETUP, { decisions: DECISIONS });
    expect(ours['decisions']).toEqual(theirs['decisions']);
    expect(ours['fired']).toEqual(ours['listed']);
    const values = (column: number): Set<string> => new Set(theirs['decisions']?.map((row) => String(row[column])));
    expect(values(2)).toEqual(new Set(['approve', 'review', 'decline']));
    expect(values(5).size).toBeGreaterThan(1);
    expect(values(6).size).toBeGreaterThan(2);
  },
  600_000,
);
