import { existsSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { type ScoredRow, type ScoredTable, scoredTable } from '../../../core/backtest/scored.ts';

const FOLDER = process.env['HEADRACE_HANDBOOK'] ?? '../shared/data/handbook';

/** Whether the transactions of the fraud detection handbook are here; says so once if they are not. */
export const HAS_HANDBOOK = existsSync(FOLDER);
if (!HAS_HANDBOOK) process.stderr.write(`handbook test skipped: ${FOLDER} is not here\n`);

/** Glob of its files. */
export const HANDBOOK_FILES = `${FOLDER}/*.parquet`;

/** The handbook's test week, 8 to 14 August 2018. */
export const TEST_WEEK = {
  ...{ fromMs: Date.UTC(2018, 7, 8), toMs: Date.UTC(2018, 7, 15), labelDelayDays: 7, knownDays: 7 },
} as const;

/** Transactions from a day on, with the points that an SQL expression over the file gives them. */
export async function handbookTable(fromDate: string, points: string): Promise<ScoredTable> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT transaction_id::VARCHAR, epoch_ms(tx_datetime), customer_id::VARCHAR, (${points})::DOUBLE, fraud, (amount * 100)::BIGINT
       FROM read_parquet('${FOLDER}/*.parquet') WHERE tx_datetime >= DATE '${fromDate}' ORDER BY tx_datetime, transaction_id`,
  );
  connection.closeSync();
  instance.closeSync();
  type Row = [id: string, eventMs: bigint, key: string, score: number, fraud: boolean, amountMinor: bigint];
  return scoredTable(
    (reader.getRows() as Row[]).map(
      ([eventId, eventMs, key, score, fraud, amountMinor]): ScoredRow => ({
        ...{ eventId, eventMs: Number(eventMs), key, score, fraud, amountMinor, currency: 'EUR' },
        ...{ outcome: score >= 10 ? 'decline' : score >= 4 ? 'review' : 'approve', fired: score > 0 ? ['amount'] : [] },
      }),
    ),
  );
}
