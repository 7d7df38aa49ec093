import type { Accumulator, AccumulatorInput, AggregateFunction } from '../aggregates/types.ts';

/** One open session of one group; its window is `[start, last + gap)`. */
export interface SessionState {
  /** Event time of the first event, epoch ms. */
  start: number;
  /** Event time of the last event, epoch ms. */
  last: number;
  acc: Accumulator;
}

/**
 * Adds an event to the sessions of its group, sorted by start and more than `gapMs` apart; an event exactly `gapMs` away still
 * joins, and one between two sessions may join them into one. The list is changed in place and returned.
 */
export function addToSessions(sessions: SessionState[], input: AccumulatorInput, gapMs: number, fn: AggregateFunction): SessionState[] {
  const { timeMs } = input;
  // Walked from the end: nearly every event belongs to the newest session.
  let end = sessions.length;
  while ((sessions[end - 1]?.start ?? Number.NEGATIVE_INFINITY) - gapMs > timeMs) end -= 1;
  let begin = end;
  while ((sessions[begin - 1]?.last ?? Number.NEGATIVE_INFINITY) + gapMs >= timeMs) begin -= 1;
  const joined = sessions[begin];
  if (begin === end || joined === undefined) {
    sessions.splice(end, 0, { start: timeMs, last: timeMs, acc: fn.add(fn.empty(), input) });
    return sessions;
  }
  for (const next of sessions.splice(begin + 1, end - begin - 1)) {
    joined.acc = fn.merge(joined.acc, next.acc);
    joined.last = next.last;
  }
  joined.acc = fn.add(joined.acc, input);
  if (timeMs < joined.start) joined.start = timeMs;
  if (timeMs > joined.last) joined.last = timeMs;
  return sessions;
}

/** Sessions that are still open at `frontierMs`: last + gap + lateness at or past it. */
export function dropFinal(sessions: SessionState[], gapMs: number, allowedLatenessMs: number, frontierMs: number): SessionState[] {
  const isOpen = ({ last }: SessionState): boolean => last + gapMs + allowedLatenessMs >= frontierMs;
  return sessions.every(isOpen) ? sessions : sessions.filter(isOpen);
}

/** Sessions whose last + gap + lateness lies in `[fromMs, toMs)`, epoch ms; null leaves the lower end open. */
export function finalSessions(
  sessions: readonly SessionState[],
  gapMs: number,
  allowedLatenessMs: number,
  fromMs: number | null,
  toMs: number,
): SessionState[] {
  return sessions.filter(({ last }) => {
    const endMs = last + gapMs + allowedLatenessMs;
    return endMs < toMs && (fromMs === null || endMs >= fromMs);
  });
}
