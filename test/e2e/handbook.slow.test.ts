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
  `CREATE TABLE known AS SELECT terminal_id::VARCHAR AS terminal_id, tx_datetime + INTERVAL 7 DAY AS known_at FROM raw
     WHERE fraud AND tx_datetime + INTERVAL 7 DAY <= (SELECT max(tx_datetime) FROM raw)`,
];

/** Counts of every transaction, from the words of the definition. */
const COUNTS = `
  WITH own AS (
    SELECT a.event_id,
      count(b.event_id) FILTER (date_trunc('minute', b.event_time) >= date_trunc('minute', a.event_time) - INTERVAL 1 HOUR) AS n_1h,
      count(b.event_id) FILTER (date_trunc('day', b.event_time) >= date_trunc('day', a.event_time) - INTERVAL 30 DAY) AS n_30d
    FROM src a LEFT JOIN src b ON a.customer_id = b.customer_id AND (b.event_time, b.number) < (a.event_time, a.number)
    GROUP BY a.event_id),
  place AS (
    SELECT a.event_id, count(k.known_at) AS frauds
    FROM src a LEFT JOIN known k ON a.terminal_id = k.terminal_id
      AND k.known_at < date_trunc('hour', a.event_time - INTERVAL 2 HOUR)
      AND k.known_at >= date_trunc('hour', a.event_time - INTERVAL 2 HOUR) - INTERVAL 28 DAY
    GROUP BY a.event_id)
  SELECT event_id, amount_minor, n_1h, n_30d, frauds FROM src JOIN own USING (event_id) JOIN place USING (event_id)`;

/** Decisions whose points or outcome are not what the rule files say of their features. */
const WRONG = `
  WITH known AS (
    SELECT event_id, score, outcome, (features->>'customer_count_1h')::BIGINT AS n_1h,
      coalesce((features->>'customer_ratio_30d')::DOUBLE, 0) AS ratio, coalesce((features->>'customer_ratio_max_14d')::DOUBLE, 0) AS earlier,
      (features->>'terminal_run_28d')::BIGINT AS run, coalesce((features->>'terminal_run_age_days_28d')::BIGINT, 99) AS age
    FROM decisions),
  parts AS (
    SELECT event_id, k.score, k.outcome,
      CASE WHEN ratio > 3.5 THEN 80 WHEN ratio > 3 THEN 40 WHEN ratio > 2.5 THEN 20 WHEN ratio > 2 THEN 10 ELSE 0 END
        + CASE WHEN t.amount_minor > 22000 THEN 100 ELSE 0 END + CASE WHEN n_1h >= 5 THEN 40 ELSE 0 END AS plain,
      CASE WHEN earlier > 4 THEN 40 ELSE 0 END AS stolen,
      CASE WHEN run >= 1 AND age < 25 THEN 70 WHEN run >= 1 AND age < 28 THEN 50 ELSE 0 END
        + CASE WHEN run >= 2 AND age < 28 THEN 10 ELSE 0 END AS compromise
    FROM known k JOIN transactions t USING (event_id)),
  said AS (
    SELECT *, plain + stolen + compromise AS points,
      CASE WHEN points >= 100 OR stolen >= 80 OR compromise >= 80 THEN 'decline'
        WHEN points >= 40 OR stolen >= 40 OR compromise >= 40 THEN 'review' ELSE 'approve' END AS word
    FROM parts)
  SELECT event_id, score, points, outcome, word FROM said WHERE score <> points OR outcome <> word`;

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
      decisions: `SELECT event_id, t.amount_minor, features->>'customer_count_1h', features->>'customer_count_30d', features->>'terminal_frauds_28d'
        FROM decisions JOIN transactions t USING (event_id)`,
      wrong: WRONG,
      outcomes: "SELECT count(DISTINCT outcome), count(*) FILTER (outcome <> 'approve') > 100 FROM decisions",
      fired: 'SELECT count(*) FROM alerts',
      listed: "SELECT sum(len(rules_fired)) FROM decisions WHERE outcome <> 'approve'",
    });
    const theirs = await plainRows(SETUP, { decisions: COUNTS });
    expect(ours['decisions']).toEqual(theirs['decisions']);
    expect(ours['wrong']).toEqual([]);
    expect(ours['outcomes']?.[0]?.map(String)).toEqual(['3', 'true']);
    expect(ours['fired']).toEqual(ours['listed']);
    expect(theirs['decisions']?.some((row) => Number(row[4]) > 0)).toBe(true);
  },
  600_000,
);
