import { type ScoredRow, type ScoredTable, scoredTable } from '../../../core/backtest/scored.ts';

/** Midnight at the start of the days of made-up rows. */
export const START_MS = Date.UTC(2026, 0, 5);
export const DAY_MS = 86_400_000;

/** What a test says of a row; the rest does not matter to it. `at` is a day from the start, with a fraction. */
export type Sketch = Partial<ScoredRow> & { readonly at?: number };

/** Rows from sketches, in order of time. */
export function rowsOf(sketches: readonly Sketch[]): ScoredRow[] {
  return sketches
    .map(({ at = 0, ...given }, i): ScoredRow => {
      const eventMs = START_MS + at * DAY_MS;
      const rest = { eventId: `e${i}`, eventMs, key: `c${i}`, score: 0, fired: [], fraud: false, amountMinor: 100, currency: 'EUR' };
      return { ...rest, outcome: 'approve', ...given };
    })
    .sort((a, b) => a.eventMs - b.eventMs);
}

export function tableOf(sketches: readonly Sketch[]): ScoredTable {
  return scoredTable(rowsOf(sketches));
}

/** Places of all rows of a table. */
export function allRows({ count }: ScoredTable): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}
