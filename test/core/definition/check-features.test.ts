import { describe, expect, test } from 'vitest';
import { messageFor, refuses, rightSpec } from './support.ts';

const MEAN = 'features.customer_mean';
const REFUNDS = 'features.shop_refunds';
const BY = `${REFUNDS}.by`;

describe('right features', () => {
  test('money may be narrowed to one currency by a filter', () => {
    expect(messageFor({ [`${MEAN}.per`]: [], [`${MEAN}.where`]: { currency: 'EUR' } })).toBe('accepted');
  });

  test('tiles may hold sums, and a filter any kind of value', () => {
    expect(messageFor({ [`${REFUNDS}.measure`]: 'sum', [`${REFUNDS}.field`]: 'pieces' })).toBe('accepted');
    expect(messageFor({ [`${REFUNDS}.where`]: { full: false, pieces: 2, shop_id: 'S1' } })).toBe('accepted');
  });

  test('the delay may be the least multiple of the tile that disorder, lateness and a tile allow', () => {
    const time = { outOfOrdernessMs: 0, allowedLatenessMs: 3_600_000 };
    expect(messageFor({ time, [`${REFUNDS}.delayMs`]: 7_200_000 })).toBe('accepted');
    expect(messageFor({ time: { ...time, outOfOrdernessMs: 1 }, [`${REFUNDS}.delayMs`]: 7_200_000 })).toContain('at least 7200001');
  });
});

describe('features', () => {
  refuses([
    ['a name not in snake_case', 'features.Mean', rightSpec().features?.['customer_mean'], 'features.Mean: got "Mean"'],
    ['an unknown kind', `${MEAN}.kind`, 'global', `${MEAN}.kind: got "global"`],
    ['an event type that is not there', `${MEAN}.over`, 'sell', `${MEAN}.over: got "sell"`],
    ['a filter on a field that is not there', `${REFUNDS}.where`, { fraud: true }, `${REFUNDS}.where.fraud: got "fraud"`],
    ['a filter of a flag by text', `${REFUNDS}.where`, { full: 'yes' }, `${REFUNDS}.where.full: got "yes"; allowed: a boolean`],
    ['a filter of a number by text', `${REFUNDS}.where`, { pieces: '1' }, `${REFUNDS}.where.pieces: got "1"; allowed: a whole number`],
    ['a filter of text by a number', `${REFUNDS}.where`, { shop_id: 1 }, `${REFUNDS}.where.shop_id: got 1; allowed: a string`],
    ['an unknown measure', `${MEAN}.measure`, 'median', `${MEAN}.measure: got "median"`],
    ['a share of nothing', `${REFUNDS}.measure`, 'share', `${REFUNDS}.of: got "nothing"`],
    ['what only a share takes', `${REFUNDS}.of`, { pieces: 1 }, `${REFUNDS}.of: got "pieces"`],
    ['a ratio to nothing', `${MEAN}.measure`, 'ratio', `${MEAN}.usual.dropOneIn: got undefined`],
    ['what only a ratio takes', `${MEAN}.usual`, { dropOneIn: 10, prior: 1 }, `${MEAN}.usual: got`],
    ['a mean of a feature', `${MEAN}.field`, 'features.customer_mean', `${MEAN}.measure: got "mean"`],
    ['a way without places', `${REFUNDS}.measure`, 'speed_kmh', `${REFUNDS}.`],
    ['a count of a field that nobody has', `${REFUNDS}.field`, 'parts', `${REFUNDS}.field: got "parts"`],
    ['a mean of text', `${MEAN}.field`, 'country', `${MEAN}.field: got "country of kind string"`],
    ['a mean of nothing', `${MEAN}.field`, undefined, `${MEAN}.field: got undefined`],
    ['money over several currencies', `${MEAN}.per`, [], `${MEAN}: got "mean of price"`],
    ['a tile of no width', `${MEAN}.tileMs`, 0, `${MEAN}.tileMs: got 0`],
    ['a window of no width', `${MEAN}.windowMs`, 0, `${MEAN}.windowMs: got 0`],
    ['a window that is no multiple of its tile', `${MEAN}.windowMs`, 90_000, `${MEAN}.windowMs: got 90000; allowed: a multiple of tileMs`],
    ['a per field that is not there', `${MEAN}.per`, ['currency', 'town'], `${MEAN}.per[1]: got "town"`],
    ['a by field that is not there', BY, 'town', `${BY}: got "town"`],
    ['a by field that only the other events have', BY, 'pieces', `${BY} in the judged events: got "pieces"`],
    ['a by field of another kind in the judged events', BY, 'currency', `${BY} in the judged events: got "currency of kind currency"`],
    ['a by field of another scale in the judged events', BY, 'weight', `${BY}: got "weight"; allowed: a field with the same scale`],
    ['tiles of minutes', `${REFUNDS}.tileMs`, 600_000, `${REFUNDS}.tileMs: got 600000`],
    [
      'a delay under disorder, lateness and a tile',
      `${REFUNDS}.delayMs`,
      3_600_000,
      `${REFUNDS}.delayMs: got 3600000; allowed: a whole number, at least 4260000`,
    ],
    ['a delay that is no multiple of the tile', `${REFUNDS}.delayMs`, 5_400_000, `${REFUNDS}.delayMs: got 5400000; allowed: a multiple`],
  ]);

  test('a key feature over events of another key is refused', () => {
    const visits = { kind: 'key', description: 'Visits.', over: 'visit', measure: 'count', windowMs: 60_000, tileMs: 60_000, per: [] };
    expect(messageFor({ [MEAN]: visits })).toContain(`${MEAN}.over: got "visit, whose key is shop_id"`);
  });
});
