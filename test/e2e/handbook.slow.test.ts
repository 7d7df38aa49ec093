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

/** Features and outcome of every transaction, from the words of the definition and the rule files. */
const DECISIONS = `
  WITH own AS (
    SELECT a.event_id,
      count(b.event_id) FILTER (date_trunc('minute', b.event_time) >= date_trunc('minute', a.event_time) - INTERVAL 1 HOUR) AS n_1h,
      count(b.event_id) FILTER (date_trunc('day', b.event_time) >= date_trunc('day', a.event_time) - INTERVAL 30 DAY) AS n_30d,
      sum(b.amount_minor) FILTER (date_trunc('day', b.event_time) >= date_trunc('day', a.event_time) - INTERVAL 30 DAY)::DOUBLE AS sum_30d
    FROM src a LEFT JOIN src b ON a.customer_id = b.customer_id AND (b.event_time, b.number) < (a.event_time, a.number)
    GROUP BY a.event_id),
  place AS (
    SELECT a.event_id, count(k.known_at) AS frauds
    FROM src a LEFT JOIN known k ON a.terminal_id = k.terminal_id
      AND k.known_at < date_trunc('hour', a.event_time - INTERVAL 2 HOUR)
      AND k.known_at >= date_trunc('hour', a.event_time - INTERVAL 2 HOUR) - INTERVAL 28 DAY
    GROUP BY a.event_id),
  scored AS (
    SELECT a.event_id, n_1h, n_30d, frauds,
      CASE WHEN amount_minor > 22000 THEN 10 ELSE 0 END + CASE WHEN n_1h >= 5 THEN 4 ELSE 0 END
      + CASE WHEN n_30d >= 10 AND amount_minor::DOUBLE > 3.0 * (sum_30d / n_30d) THEN 4 ELSE 0 END
      + CASE WHEN frauds > 0 THEN 4 ELSE 0 END AS score
    FROM src a JOIN own USING (event_id) JOIN place USING (event_id))
  SELECT event_id, score, CASE WHEN score >= 10 THEN 'decline' WHEN score >= 4 THEN 'review' ELSE 'approve' END AS outcome, n_1h, n_30d, frauds
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
      decisions: `SELECT event_id, score, outcome, features->>'customer_count_1h', features->>'customer_count_30d', features->>'terminal_frauds_28d' FROM decisions`,
      fired: 'SELECT count(*) FROM alerts',
      listed: 'SELECT sum(len(rules_fired)) FROM decisions',
    });
    const theirs = await plainRows(SETUP, { decisions: DECISIONS });
    expect(ours['decisions']).toEqual(theirs['decisions']);
    expect(ours['fired']).toEqual(ours['listed']);
    expect(theirs['decisions']?.some((row) => Number(row[5]) > 0)).toBe(true);
  },
  600_000,
);
