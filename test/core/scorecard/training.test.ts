import { describe, expect, test } from 'vitest';
import { mergedCounts, TrainingRows } from '../../../core/scorecard/training.ts';

const DAY_MS = 86_400_000;
const day = (number: number, ms = 0): number => Date.UTC(2026, 0, 1) + number * DAY_MS + ms;
const CUT = { fromMs: day(20), toMs: day(40), knownByMs: day(47) };
const label = (name: string, eventMs: number, isFraud: boolean, knownMs = eventMs + 7 * DAY_MS) => ({
  name,
  key: 'ada',
  eventMs,
  isFraud,
  knownMs,
});

/** Whether a row of ada on a day is counted, beside labels told before. */
function counted(eventMs: number, labels: readonly ReturnType<typeof label>[], cut = CUT): number {
  const rows = new TrainingRows(7);
  for (const one of labels) rows.learn(one);
  rows.see('row', { key: 'ada', timeMs: eventMs }, 'x');
  return rows.counts(cut).reduce((sum, one) => sum + one.rows, 0);
}

describe('training rows', () => {
  test('are those of the range: its start belongs to it, its end does not', () => {
    const isCounted = (ms: number) => counted(ms, [label('row', ms, false)]);
    expect([day(20, -1), day(20), day(40, -1), day(40)].map(isCounted)).toEqual([0, 1, 1, 0]);
  });

  test('have a label that was known before the cut-off, to the millisecond', () => {
    const isCounted = (knownMs: number) => counted(day(30), [label('row', day(30), false, knownMs)]);
    expect([day(47, -1), day(47)].map(isCounted)).toEqual([1, 0]);
    expect(counted(day(30), [])).toBe(0);
  });

  test('take of several labels the last one known by the cut-off', () => {
    const rows = new TrainingRows(7);
    rows.see('row', { key: 'ada', timeMs: day(30) }, 'x');
    rows.learn(label('row', day(30), false, day(37)));
    rows.learn(label('row', day(30), true, day(40)));
    rows.learn(label('row', day(30), false, day(47)));
    expect(rows.counts(CUT)).toEqual([{ places: 'x', rows: 1, frauds: 1 }]);
    expect(rows.counts({ ...CUT, knownByMs: day(40) })).toEqual([{ places: 'x', rows: 1, frauds: 0 }]);
  });

  test('leave out a key from 8 to 17 days after a fraud of it, at a label delay of 7 days', () => {
    const own = label('row', day(30), false);
    const isCounted = (before: number) => counted(day(30), [label('fraud', day(30 - before, 5_000), true), own]);
    expect([7, 8, 17, 18].map(isCounted)).toEqual([1, 0, 0, 1]);
  });

  test('are not left out for a fraud that nobody knew of yet, that was none, or that is of another key', () => {
    const own = label('row', day(30), false);
    expect(counted(day(30), [label('fraud', day(20), true, day(30, 1)), own])).toBe(1);
    expect(counted(day(30), [label('fraud', day(20), true, day(30)), own])).toBe(0);
    expect(counted(day(30), [label('fraud', day(20), false), own])).toBe(1);
    expect(counted(day(30), [{ ...label('fraud', day(20), true), key: 'bob' }, own])).toBe(1);
  });
});

test('counts of parts add up, in the order of their bins', () => {
  const one = (places: string, rows: number) => ({ places, rows, frauds: 1 });
  expect(mergedCounts([[one('b', 2)], [], [one('b', 3), one('a', 4)]])).toEqual([
    { places: 'a', rows: 4, frauds: 1 },
    { places: 'b', rows: 5, frauds: 2 },
  ]);
});
