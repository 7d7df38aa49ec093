import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scoreBins } from '../../../core/backtest/report/charts.ts';
import { countAxis, logAxis, namedAxis } from '../../../core/report/axis.ts';
import { moneyText } from '../../../core/report/figures.ts';
import { html } from '../../../core/report/markup.ts';

test('axes of counts hold every value up to the greatest, with few ticks at whole numbers', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), (max) => {
      for (const axis of [countAxis('', max), logAxis('', max)]) {
        expect(axis.place(max)).toBeGreaterThanOrEqual(0);
        expect(axis.place(max)).toBeLessThanOrEqual(1 + 1e-9);
        expect(axis.ticks.length).toBeLessThanOrEqual(9);
        expect(axis.ticks.every(({ at }) => Number.isInteger(at))).toBe(true);
      }
    }),
  );
});

test('on a logarithmic axis one can be seen and nothing cannot', () => {
  const axis = logAxis('', 900);
  expect(axis.place(0)).toBe(0);
  expect(axis.place(1)).toBeGreaterThan(0.05);
  expect(axis.place(1_000)).toBe(1);
  expect(axis.place(100) - axis.place(10)).toBeCloseTo(axis.place(10) - axis.place(1), 12);
});

test('of many names some are written', () => {
  const axis = namedAxis(
    '',
    Array.from({ length: 84 }, (_, i) => `d${i}`),
    10,
  );
  expect(axis.ticks.map(({ text }) => text)).toEqual(['d0', 'd9', 'd18', 'd27', 'd36', 'd45', 'd54', 'd63', 'd72', 'd81']);
  expect(axis.place(83)).toBeLessThan(1);
});

test('bins of scores lose nothing, cover the range and are few', () => {
  const level = fc.record({ score: fc.integer({ min: -300, max: 300 }), frauds: fc.nat(5), legit: fc.nat(5) });
  fc.assert(
    fc.property(fc.uniqueArray(level, { selector: ({ score }) => score }), (levels) => {
      let [frauds, legit] = [0, 0];
      const rest = { precision: null, recall: null, f1: null, false_positive_rate: null, alerts_per_day: 0 };
      const thresholds = levels
        .toSorted((a, b) => b.score - a.score)
        .map((row) => {
          frauds += row.frauds;
          legit += row.legit;
          return { score: row.score, frauds, legit, ...rest };
        });
      const bins = scoreBins({ thresholds });
      expect(bins.length).toBeLessThanOrEqual(40);
      expect(bins.reduce((sum, bin) => sum + bin.frauds, 0)).toBe(frauds);
      expect(bins.reduce((sum, bin) => sum + bin.legit, 0)).toBe(legit);
      for (const [i, bin] of bins.entries()) if (i > 0) expect(bin.from).toBe((bins[i - 1]?.to ?? 0) + 1);
    }),
  );
});

test('amounts have their thousands set apart, before the point only', () => {
  expect(['1234567.8901', '-1234.50', '999', '1000', '0.12345'].map(moneyText)).toEqual([
    '1,234,567.8901',
    '-1,234.50',
    '999',
    '1,000',
    '0.12345',
  ]);
});

test('a template escapes what is put into it, once', () => {
  const inner = html`<b>${'<&>'}</b>`;
  expect(html`<a title="${'"x\''}">${inner}${[1, '<']}</a>`.text).toBe('<a title="&quot;x&#39;"><b>&lt;&amp;&gt;</b>1&lt;</a>');
});
