import type { TableSchema } from '../schema.ts';
import { quoteName } from '../sql-text.ts';

/** A part of a partition that is sorted and written by itself. */
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

/** Rows of a file: some 40 MB of payments. Larger ones make footers of more than half a megabyte, which every query reads. */
const ROWS_MAX = 1_000_000;
/** Bytes of a piece of wide rows, before compression: sorting takes about twice that. */
const BYTES_MAX = 96 * 2 ** 20;
/** Narrow rows sort outside of memory at any size; wide ones do not. Bytes of a row from which on they count as wide. */
const WIDE_ROW_BYTES = 1_024;

/** Cuts a relation into consecutive stretches of its partition column, each small enough to be sorted; one piece if it is small. */
export async function piecesOf(run: (sql: string) => Promise<unknown[][]>, options: PieceOptions): Promise<Piece[]> {
  const { table, relation, rows, plainBytes, halvings } = options;
  const isWide = plainBytes > rows * WIDE_ROW_BYTES;
  const count = Math.max(Math.ceil(rows / ROWS_MAX), isWide ? Math.ceil(plainBytes / BYTES_MAX) : 1) * 2 ** halvings;
  if (count <= 1) return [{ where: 'true' }];
  const time = `epoch_ms(${quoteName(table.partitionColumn)})`;
  // By moment, so that no moment lies on both sides of a bound: rows of one id stay together.
  const found = await run(
    `SELECT max(moment)::DOUBLE FROM (
       SELECT moment, sum(n) OVER (ORDER BY moment) AS so_far FROM (SELECT ${time} AS moment, count(*) AS n FROM ${relation} GROUP BY 1))
     GROUP BY ceil(so_far * ${count} / ${rows}) ORDER BY 1`,
  );
  const ends = found.map(([end]) => Number(end));
  const edges = [undefined, ...ends.slice(0, -1), undefined];
  return edges.slice(1).map((to, i) => ({
    where: [edges[i] === undefined ? [] : [`${time} > ${edges[i]}`], to === undefined ? [] : [`${time} <= ${to}`], ['true']]
      .flat()
      .join(' AND '),
  }));
}
