import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileAggregate } from '../../../core/aggregates/aggregate.ts';
import type { AccumulatorInput } from '../../../core/aggregates/types.ts';
import { sessionResultsOf } from '../../../core/windows/results.ts';
import { addToSessions, dropFinal, finalSessions, type SessionState } from '../../../core/windows/sessions.ts';
import { everyMeasure, fields, payment } from '../aggregates/support.ts';

const GAP_MS = 10;
const fn = compileAggregate(everyMeasure, fields);

const at = (timeMs: number): AccumulatorInput => payment(timeMs * 3, `c${timeMs}`, timeMs);
const sessionsOf = (times: readonly number[]): SessionState[] =>
  times.reduce<SessionState[]>((sessions, timeMs) => addToSessions(sessions, at(timeMs), GAP_MS, fn), []);
const spansOf = (sessions: readonly SessionState[]) => sessions.map(({ start, last }) => [start, last]);
const rowsOf = (sessions: readonly SessionState[]) => sessionResultsOf('s', '["c"]', sessions, GAP_MS, fn);

/** Sessions the plain way: sort, then cut where the pause is longer than the gap. */
function naiveRows(times: readonly number[]) {
  const runs: number[][] = [];
  for (const timeMs of [...times].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && timeMs - (run.at(-1) ?? timeMs) <= GAP_MS) run.push(timeMs);
    else runs.push([timeMs]);
  }
  return runs.map((run) => {
    const [first = 0, last = 0] = [run[0], run.at(-1)];
    const values = fn.result(run.reduce((acc, timeMs) => fn.add(acc, at(timeMs)), fn.empty()));
    return { aggregate: 's', groupKey: '["c"]', startMs: first, endMs: last + GAP_MS, durationMs: last - first, values };
  });
}

describe('sessions', () => {
  test('an event exactly the gap after the last one extends, one ms more does not', () => {
    expect(spansOf(sessionsOf([0, 10]))).toEqual([[0, 10]]);
    expect(spansOf(sessionsOf([0, 11]))).toEqual([
      [0, 0],
      [11, 11],
    ]);
  });

  test('an event exactly the gap before the first one extends, one ms more does not', () => {
    expect(spansOf(sessionsOf([0, -10]))).toEqual([[-10, 0]]);
    expect(spansOf(sessionsOf([0, -11]))).toEqual([
      [-11, -11],
      [0, 0],
    ]);
  });

  test('an event between two sessions joins them when it reaches both', () => {
    expect(spansOf(sessionsOf([0, 20, 10]))).toEqual([[0, 20]]);
    expect(spansOf(sessionsOf([0, 21, 10]))).toEqual([
      [0, 10],
      [21, 21],
    ]);
    expect(spansOf(sessionsOf([0, 21, 12]))).toEqual([
      [0, 0],
      [12, 21],
    ]);
    expect(rowsOf(sessionsOf([0, 20, 10, 40, 30]))).toEqual(naiveRows([0, 10, 20, 30, 40]));
  });

  test('an event inside a session changes no edge', () => {
    expect(spansOf(sessionsOf([0, 10, 5]))).toEqual([[0, 10]]);
  });

  test('the result is that of the sorted events, in whatever order they arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -120, max: 120 }), { maxLength: 30 }), (times) => {
        expect(rowsOf(sessionsOf(times))).toEqual(naiveRows(times));
      }),
      { numRuns: 300 },
    );
  });

  test('a trip through JSON between any two events changes nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -60, max: 60 }), { maxLength: 20 }), (times) => {
        let sessions: SessionState[] = [];
        for (const timeMs of times)
          sessions = addToSessions(JSON.parse(JSON.stringify(sessions)) as SessionState[], at(timeMs), GAP_MS, fn);
        expect(rowsOf(sessions)).toEqual(naiveRows(times));
      }),
      { numRuns: 100 },
    );
  });

  test('window_end is the last event plus the gap, duration the last less the first', () => {
    expect(rowsOf(sessionsOf([5, 12]))[0]).toMatchObject({ startMs: 5, endMs: 22, durationMs: 7 });
    expect(rowsOf(sessionsOf([5]))[0]).toMatchObject({ startMs: 5, endMs: 15, durationMs: 0 });
  });
});

describe('final sessions', () => {
  const LATENESS_MS = 100;
  const sessions = sessionsOf([0, 50, 100]);

  test('a session is final when last + gap + lateness lies strictly below the frontier', () => {
    expect(spansOf(finalSessions(sessions, GAP_MS, LATENESS_MS, null, 110))).toEqual([]);
    expect(spansOf(finalSessions(sessions, GAP_MS, LATENESS_MS, null, 111))).toEqual([[0, 0]]);
    expect(spansOf(finalSessions(sessions, GAP_MS, LATENESS_MS, 110, 160))).toEqual([[0, 0]]);
    expect(spansOf(finalSessions(sessions, GAP_MS, LATENESS_MS, 111, 161))).toEqual([[50, 50]]);
  });

  test('what is final below a frontier is exactly what is dropped there', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -300, max: 300 })), fc.integer({ min: -300, max: 500 }), (times, frontier) => {
        const open = sessionsOf(times);
        const final = finalSessions(open, GAP_MS, LATENESS_MS, null, frontier);
        const kept = dropFinal([...open], GAP_MS, LATENESS_MS, frontier);
        expect([...final, ...kept]).toEqual(open);
      }),
    );
  });

  test('successive ranges emit each session once', () => {
    const ranges = [
      [null, 111],
      [111, 160],
      [160, 161],
      [161, 1_000],
    ] as const;
    expect(ranges.flatMap(([from, to]) => spansOf(finalSessions(sessions, GAP_MS, LATENESS_MS, from, to)))).toEqual(spansOf(sessions));
  });
});
