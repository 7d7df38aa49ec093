import type { AggregateFunction, ResultValue } from '../aggregates/types.ts';
import type { SessionState } from './sessions.ts';
import type { SliceState } from './slice.ts';

/** One row of an aggregate: the result of one group in one window `[startMs, endMs)`, epoch ms. */
export interface WindowResult {
  readonly aggregate: string;
  readonly groupKey: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Sessions only: last minus first event time. */
  readonly durationMs?: number;
  /** Measures by name, in declared order. */
  readonly values: Record<string, ResultValue>;
}

/** What names a window's rows and computes them. */
export interface ResultSource {
  readonly name: string;
  /** Window size, ms. */
  readonly reachMs: number;
  readonly fn: AggregateFunction;
}

/** Rows of one tumbling or hopping window in canonical order: by group key, in code-unit order. */
export function resultsOf(source: ResultSource, startMs: number, { groups }: SliceState): WindowResult[] {
  const { name, reachMs, fn } = source;
  const results: WindowResult[] = [];
  for (const groupKey in groups) {
    const accumulator = groups[groupKey];
    if (accumulator !== undefined)
      results.push({ aggregate: name, groupKey, startMs, endMs: startMs + reachMs, values: fn.result(accumulator) });
  }
  return results.sort(canonically);
}

/** Rows of sessions of one group, by start. */
export function sessionResultsOf(
  aggregate: string,
  groupKey: string,
  sessions: readonly SessionState[],
  gapMs: number,
  fn: AggregateFunction,
): WindowResult[] {
  return sessions
    .map(({ start, last, acc }) => ({
      aggregate,
      groupKey,
      startMs: start,
      endMs: last + gapMs,
      durationMs: last - start,
      values: fn.result(acc),
    }))
    .sort(canonically);
}

/** Canonical order of an aggregate's rows: window start, then group key in code-unit order. */
export function canonically(a: WindowResult, b: WindowResult): number {
  if (a.startMs !== b.startMs) return a.startMs - b.startMs;
  return a.groupKey < b.groupKey ? -1 : a.groupKey > b.groupKey ? 1 : 0;
}
