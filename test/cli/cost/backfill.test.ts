import { expect, test } from 'vitest';
import { backfillCost } from '../../../cli/cost/backfill.ts';
import { loadPrices } from '../../../cli/cost/prices.ts';

const span = { fromMs: 0, toMs: 3_600_000 };
const size = {
  events: 1_000_000,
  slices: 20,
  merges: [span, span],
  bands: [span],
  parts: Array.from({ length: 8 }, () => ({ table: 't', ...span })),
  shards: ['s'],
  tables: ['t'],
  estimate: { cpuSeconds: 200, backfills: 0 },
};

test('a backfill is priced by service from the price table: by hand', () => {
  const { services, usd, usdPerMillion } = backfillCost(size, loadPrices());
  const calls = 1 + 40 + 2 + 1;
  const puts = 20 * (1 + 2 + 1) + 2 + 8;
  const scanned = 1e6 * 186 * 5;
  expect(Object.fromEntries(services.map((one) => [one.service, one.usd]))).toEqual({
    Lambda: expect.closeTo(200 * 2 * 1.66667e-5 + calls * 2e-7, 9),
    'Step Functions': expect.closeTo(calls * 3 * 2.5e-5, 9),
    S3: expect.closeTo(puts * 5e-6 + 3 * puts * 4e-7, 9),
    Athena: expect.closeTo((scanned / 2 ** 40) * 5, 9),
  });
  expect(usdPerMillion).toBeCloseTo(usd, 12);
  expect(services.reduce((sum, one) => sum + one.usd, 0)).toBeCloseTo(usd, 12);
});
