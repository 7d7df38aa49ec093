import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cardDays } from '../../../core/backtest/card-days.ts';
import { cardPrecision } from '../../../core/backtest/card-precision.ts';
import { mostCaught } from '../../../core/backtest/ceiling.ts';
import { aucOf, averagePrecisionOf, scoreLevels, total } from '../../../core/backtest/curve.ts';
import { judgedRows } from '../../../core/backtest/protocol.ts';
import { HAS_HANDBOOK, handbookTable, TEST_WEEK } from './handbook.ts';

describe.runIf(HAS_HANDBOOK)('the test week of the fraud detection handbook', () => {
  test('has 58,264 transactions and 385 frauds once known cards are removed, and an oracle reaches CP@100 of 0.397', async () => {
    const table = await handbookTable('2018-07-25', 'fraud::INT');
    const { rows } = judgedRows(table, TEST_WEEK);
    expect(rows).toHaveLength(58_264);
    expect(total(scoreLevels(table, rows).frauds)).toBe(385);
    const days = cardDays(table, rows);
    const reached = cardPrecision(days, { k: 100, seed: 1, tieBreaks: 20 });
    expect(reached?.daily).toEqual([0.5, 0.46, 0.41, 0.38, 0.41, 0.36, 0.26]);
    expect(reached?.mean).toBeCloseTo(0.397, 3);
    expect(mostCaught(days, 100)).toEqual([50, 46, 41, 38, 41, 36, 26]);
  });

  test('points by amount have the figures of scikit-learn, and of the card precision of the handbook with shuffled ties', async () => {
    const table = await handbookTable(
      '2018-07-25',
      'CASE WHEN amount > 220 THEN 10 WHEN amount > 100 THEN 4 WHEN amount > 50 THEN 1 ELSE 0 END',
    );
    const { rows } = judgedRows(table, TEST_WEEK);
    const levels = scoreLevels(table, rows);
    const golden = (JSON.parse(readFileSync('test/core/backtest/golden/figures.json', 'utf8')) as { test_week: Record<string, number> })
      .test_week;
    expect(aucOf(levels)).toBeCloseTo(golden['auc'] ?? 0, 12);
    expect(averagePrecisionOf(levels)).toBeCloseTo(golden['average_precision'] ?? 0, 12);
    const reached = cardPrecision(cardDays(table, rows), { k: 100, seed: 1, tieBreaks: 100 });
    const error = Math.hypot(golden['cp_at_100_standard_error'] ?? 0, reached?.tieError ?? 0);
    expect(Math.abs((reached?.mean ?? 0) - (golden['cp_at_100'] ?? 0))).toBeLessThan(3 * error);
    expect(reached?.tieBreaks).toBe(100);
  });
});
