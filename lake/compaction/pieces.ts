import type { TableSchema } from '../schema.ts';
import { quoteName } from '../sql-text.ts';

/** A part of a partition that is compacted by itself: rows of one id have one time, so they are in one piece. */
export interface Piece {
  /** Condition that its rows fulfil, and no others. */
  readonly where: string;
}

/** What is to be cut. */
export interface PieceOptions {
  readonly table: TableSchema;
  readonly relation: string;
  readonly rows: number;
  /** Bytes of all values, about. */
  readonly plainBytes: number;
  /** How often pieces of the usual size were too large for the memory. */
  readonly halvings: number;
}

/** Rows of a file: some 20 MB of payments. Larger ones make footers of several hundred kilobytes, which every query reads. */
const ROWS_MAX = 1_000_000;
/** Bytes of a piece before compression: sorting takes about twice that. */
const BYTES_MAX = 160 * 2 ** 20;
/** Bounds lie on multiples of this, finer after each halving: so many different ones are counted in little memory. */
const STEP_MS = 1_000;

/** Cuts a relation into consecutive stretches of its partition column, each small enough to be sorted; one piece if it is small. */
export async function piecesOf(run: (sql: string) => Promise<unknown[][]>, options: PieceOptions): Promise<Piece[]> {
  const { table, relation, rows, plainBytes, halvings } = options;
  const count = Math.max(Math.ceil(rows / ROWS_MAX), Math.ceil(plainBytes / BYTES_MAX)) * 2 ** halvings;
  if (count <= 1) return [{ where: 'true' }];
  const time = quoteName(table.partitionColumn);
  const stepMs = Math.max(1, Math.floor(STEP_MS / 10 ** halvings));
  const found = await run(
    `SELECT max(step)::DOUBLE FROM (
       SELECT step, sum(n) OVER (ORDER BY step) AS so_far FROM (SELECT epoch_ms(${time}) // ${stepMs} AS step, count(*) AS n FROM ${relation} GROUP BY 1))
     GROUP BY ceil(so_far * ${count} / ${rows}) ORDER BY 1`,
  );
  const bounds = found.slice(0, -1).map(([step]) => `make_timestamp_ms(${(Number(step) + 1) * stepMs})`);
  return [undefined, ...bounds].map((from, i) => {
    const to = bounds[i];
    const conditions = [from === undefined ? [] : [`${time} >= ${from}`], to === undefined ? [] : [`${time} < ${to}`]].flat();
    return { where: conditions.length === 0 ? 'true' : conditions.join(' AND ') };
  });
}
