import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { feedShapeOf } from '../../../local/feed/events.ts';
import { rowEvents } from '../../../local/feed/rows.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { freshFolder } from '../endpoint/with-endpoint.ts';

const IMPORT = new URL('../../../pipelines/payments/imports/handbook.sql', import.meta.url);

/** Events that the shipped import makes of these rows. */
async function imported(...rows: string[]): Promise<string[]> {
  const file = join(await freshFolder(), 'handbook.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const columns = 'transaction_id, tx_datetime, customer_id, terminal_id, amount, fraud, fraud_scenario';
  await connection.run(
    `COPY (SELECT transaction_id, tx_datetime::TIMESTAMP AS tx_datetime, customer_id, terminal_id, amount::DECIMAL(10,2) AS amount, fraud, fraud_scenario::TINYINT AS fraud_scenario
      FROM (VALUES ${rows.join(', ')}) AS t(${columns})) TO '${file}' (FORMAT parquet)`,
  );
  connection.closeSync();
  const events: string[] = [];
  const options = { shape: feedShapeOf(pipeline), importSql: await readFile(IMPORT, 'utf8') };
  for await (const { count, bytes, ends } of rowEvents({ kind: 'parquet', files: [file] }, options)) {
    for (let i = 0; i < count; i++) events.push(Buffer.from(bytes.subarray(ends[i - 1] ?? 0, ends[i])).toString());
  }
  return events;
}

test('a transaction is exact and its label follows seven days later, with the scenario only of a fraud', async () => {
  const events = await imported(
    "(1, '2018-04-01 00:00:31', 596, 3156, 57.10, true, 2)",
    "(2, '2018-04-01 00:02:10', 7, 8, 0.05, false, 0)",
    "(3, '2018-04-08 00:02:10', 7, 8, 100, false, 0)",
  );
  const transaction = (id: number, time: string, customer: number, terminal: number, amount: string): string =>
    `{"type":"transaction","event_id":"${id}","event_time":"${time}","customer_id":"${customer}","terminal_id":"${terminal}","amount":"${amount}","currency":"EUR"}`;
  expect(events).toEqual([
    transaction(1, '2018-04-01T00:00:31Z', 596, 3156, '57.10'),
    transaction(2, '2018-04-01T00:02:10Z', 7, 8, '0.05'),
    '{"type":"label","event_id":"label-1","event_time":"2018-04-08T00:00:31Z","transaction_id":"1","transaction_time":"2018-04-01T00:00:31Z","customer_id":"596","terminal_id":"3156","fraud":true,"scenario":"2"}',
    '{"type":"label","event_id":"label-2","event_time":"2018-04-08T00:02:10Z","transaction_id":"2","transaction_time":"2018-04-01T00:02:10Z","customer_id":"7","terminal_id":"8","fraud":false}',
    transaction(3, '2018-04-08T00:02:10Z', 7, 8, '100.00'),
  ]);
});

test('a label at the time of the last transaction is sent, one after it is not; ties go by transaction number', async () => {
  const events = await imported(
    "(11, '2018-04-01 00:00:00', 1, 1, 1, false, 0)",
    "(9, '2018-04-01 00:00:00', 1, 1, 1, false, 0)",
    "(10, '2018-04-01 00:00:01', 1, 1, 1, false, 0)",
    "(12, '2018-04-08 00:00:00', 1, 1, 1, false, 0)",
  );
  expect(events.map((event) => (JSON.parse(event) as { event_id: string }).event_id)).toEqual([
    '9',
    '11',
    '10',
    'label-9',
    'label-11',
    '12',
  ]);
});
