import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteText } from '../../lake/sql-text.ts';

/** What is read of the handbook: history from `historyFrom`, judged in `[from, to)`; days in UTC. */
export interface FeatureRange {
  readonly historyFrom: string;
  readonly from: string;
  readonly to: string;
}

/** Events in order of time as columns, in memory that threads share; labels have the number and the time of their transaction. */
export interface EventColumns {
  readonly length: number;
  readonly isLabel: Uint8Array;
  readonly seconds: Float64Array;
  readonly id: Int32Array;
  readonly customer: Int32Array;
  readonly terminal: Int32Array;
  readonly amountMinor: Int32Array;
  readonly fraud: Uint8Array;
  readonly subjectSeconds: Float64Array;
  /** Place among the judged transactions; -1 for all other events. */
  readonly judgedAt: Int32Array;
}

/** A label is known so long after its transaction. */
const LABEL_SECONDS = 7 * 86_400;
/** Most transactions of one customer in one second: a number for each makes their times different. */
const TIES = 16;

/**
 * Makes the tables that the query reads, sorted by time: `tx` with `k`, which has the order of time and number and no ties in a customer, and
 * `judged_at`; `label` with the second at which it became known. No row from `to` on is read.
 */
export async function makeTables(db: DuckDBConnection, glob: string, { historyFrom, from, to }: FeatureRange): Promise<void> {
  const rows = `SELECT transaction_id AS id, epoch(tx_datetime)::BIGINT AS s, customer_id::INTEGER AS customer, terminal_id::INTEGER AS terminal,
      (amount * 100)::BIGINT AS amount, fraud::BOOLEAN AS fraud
    FROM read_parquet(${quoteText(glob)}) WHERE tx_datetime >= TIMESTAMP ${quoteText(historyFrom)} AND tx_datetime < TIMESTAMP ${quoteText(to)}`;
  const judged = `s >= epoch(TIMESTAMP ${quoteText(from)})::BIGINT`;
  await db.run(`CREATE TABLE tx AS
    SELECT *, s * ${TIES} + row_number() OVER (PARTITION BY customer, s ORDER BY id) - 1 AS k,
      CASE WHEN ${judged} THEN row_number() OVER (PARTITION BY ${judged} ORDER BY s, id) - 1 ELSE -1 END AS judged_at
    FROM (${rows}) ORDER BY s, id`);
  await db.run(`CREATE TABLE label AS
    SELECT id, s + ${LABEL_SECONDS} AS known, s, customer, terminal, fraud FROM tx
    WHERE s + ${LABEL_SECONDS} < epoch(TIMESTAMP ${quoteText(to)})::BIGINT ORDER BY known, id`);
}

/** Worth of one second in `k`. */
export const K_PER_SECOND = TIES;

/** Reads the tables as one sequence of events; at one instant labels come before transactions. */
export async function readColumns(db: DuckDBConnection): Promise<EventColumns> {
  const reader = await db.runAndReadAll(`
    SELECT false AS is_label, s AS seconds, id, customer, terminal, amount, fraud, s AS subject, judged_at FROM tx
    UNION ALL SELECT true, known, id, customer, terminal, 0, fraud, s, -1 FROM label ORDER BY seconds, is_label DESC, id`);
  const length = reader.currentRowCount;
  const all = emptyColumns(length);
  const values = reader.getColumnsJS();
  const into = [all.isLabel, all.seconds, all.id, all.customer, all.terminal, all.amountMinor, all.fraud, all.subjectSeconds, all.judgedAt];
  for (const [column, target] of into.entries()) for (let i = 0; i < length; i += 1) target[i] = Number(values[column]?.[i]);
  return all;
}

function emptyColumns(length: number): EventColumns {
  const ints = (): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));
  const doubles = (): Float64Array => new Float64Array(new SharedArrayBuffer(8 * length));
  const flags = (): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
  return {
    ...{ length, isLabel: flags(), seconds: doubles(), id: ints(), customer: ints(), terminal: ints(), amountMinor: ints() },
    ...{ fraud: flags(), subjectSeconds: doubles(), judgedAt: ints() },
  };
}
