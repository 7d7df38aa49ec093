import { expect, test } from 'vitest';
import { judgedRows, type Protocol } from '../../../core/backtest/protocol.ts';
import type { ScoredTable } from '../../../core/backtest/scored.ts';
import { DAY_MS, type Sketch, START_MS, tableOf } from './rows.ts';

/** Days 20 to 25 are judged; labels come after three days, and frauds of the two days before that count: from day 15 on. */
const PROTOCOL: Protocol = { fromMs: START_MS + 20 * DAY_MS, toMs: START_MS + 25 * DAY_MS, labelDelayDays: 3, knownDays: 2 };

function judgedDays(sketches: readonly Sketch[], protocol: Protocol = PROTOCOL): number[] {
  const table: ScoredTable = tableOf(sketches);
  return [...judgedRows(table, protocol).rows].map((row) => ((table.eventMs[row] ?? 0) - START_MS) / DAY_MS);
}

const daily = Array.from({ length: 5 }, (_, day): Sketch => ({ at: 20 + day, key: 'ada' }));

test('the range holds its start and not its end', () => {
  expect(judgedDays([{ at: 19.999 }, { at: 20 }, { at: 24.999 }, { at: 25 }])).toEqual([20, 24.999]);
});

test('a card is removed from the day on which the label of its first fraud has been known for a day', () => {
  expect(judgedDays([{ at: 17.9, key: 'ada', fraud: true }, ...daily])).toEqual([20]);
  expect(judgedDays([{ at: 16, key: 'ada', fraud: true }, ...daily])).toEqual([]);
  expect(judgedDays([{ at: 20.5, key: 'ada', fraud: true }, ...daily])).toEqual([20, 20.5, 21, 22, 23]);
});

test('frauds before the known days are forgotten, and those of other cards are no matter', () => {
  expect(judgedDays([{ at: 14.999, key: 'ada', fraud: true }, ...daily])).toHaveLength(5);
  expect(judgedDays([{ at: 15, key: 'ada', fraud: true }, ...daily])).toEqual([]);
  expect(judgedDays([{ at: 16, key: 'bob', fraud: true }, ...daily])).toHaveLength(5);
});

test('a known fraud counts though an older, forgotten one came before', () => {
  expect(judgedDays([{ at: 3, key: 'ada', fraud: true }, { at: 16, key: 'ada', fraud: true }, ...daily])).toEqual([]);
});

test('frauds that are no rows of the table are handed in', () => {
  const earlierFrauds = [
    { key: 'ada', eventMs: START_MS + 18 * DAY_MS },
    { key: 'stranger', eventMs: START_MS + 18 * DAY_MS },
  ];
  expect(judgedDays(daily, { ...PROTOCOL, earlierFrauds })).toEqual([20, 21]);
});

test('removed rows and cards are counted; with keepCompromised none is', () => {
  const table = tableOf([{ at: 16, key: 'ada', fraud: true }, ...daily, { at: 20, key: 'bob' }]);
  expect(judgedRows(table, PROTOCOL)).toMatchObject({ removed: 5, removedKeys: 1 });
  expect(judgedRows(table, { ...PROTOCOL, keepCompromised: true })).toMatchObject({ removed: 0, removedKeys: 0 });
  expect(judgedRows(table, { ...PROTOCOL, keepCompromised: true }).rows).toHaveLength(6);
});

test('an empty range and days that are no whole numbers are refused', () => {
  const table = tableOf(daily);
  expect(() => judgedRows(table, { ...PROTOCOL, toMs: PROTOCOL.fromMs })).toThrow('the end of the range: got');
  expect(() => judgedRows(table, { ...PROTOCOL, labelDelayDays: 1.5 })).toThrow('labelDelayDays: got 1.5');
  expect(() => judgedRows(table, { ...PROTOCOL, knownDays: -1 })).toThrow('knownDays: got -1');
});
