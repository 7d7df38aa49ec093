/** How the rows of one file lie in it. */
export interface Layout {
  /** Rows of a row group: what a query for one key or a few minutes reads at least. */
  readonly groupRows: number;
  /** Length of the stretches of time that follow each other, each sorted by key, ms. */
  readonly sliceMs: number;
}

const HOUR_MS = 3_600_000;
/** Rows of a row group at most. Smaller ones make footers that outweigh what they save. */
const GROUP_ROWS_MAX = 8_192;
/** Row groups of the engine are made of so many rows. */
const VECTOR_ROWS = 2_048;
/** Stretches that an hour is cut into at most: for ten minutes a sixth of it is read. */
const SLICES_MAX = 6;
/** Row groups of a stretch: of so many a query for one key reads one or two. */
const SLICE_GROUPS = 16;

/**
 * Layout for a number of rows: sorted by key within stretches of ten minutes, the fewer rows the smaller their row groups, and below that
 * the longer the stretches: where a stretch has only a few row groups, each key is in all of them.
 */
export function layoutOf(rows: number): Layout {
  const vectors = Math.floor(rows / (SLICES_MAX * SLICE_GROUPS * VECTOR_ROWS));
  const groupRows = clamp(vectors * VECTOR_ROWS, VECTOR_ROWS, GROUP_ROWS_MAX);
  return { groupRows, sliceMs: HOUR_MS / clamp(Math.floor(rows / (groupRows * SLICE_GROUPS)), 1, SLICES_MAX) };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
