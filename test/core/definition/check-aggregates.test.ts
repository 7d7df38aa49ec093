import { describe, expect, test } from 'vitest';
import { messageFor, refuses, rightSpec } from './support.ts';

const SALES = 'aggregates.sales_1m';
const WINDOW = `${SALES}.window`;
const GROUPS = `${SALES}.groupBy`;
const M = `${SALES}.measures.m`;

describe('a right aggregate may sit on the limits', () => {
  test.each([
    ['an advance of the size', WINDOW, { kind: 'hopping', sizeMs: 60_000, advanceMs: 60_000 }],
    ['a window of 1 ms', WINDOW, { kind: 'tumbling', sizeMs: 1 }],
    ['the currency alone as the group', GROUPS, ['currency']],
    ['a share of 1', M, { kind: 'quantile', field: 'price', share: 1 }],
    ['the first of any field', M, { kind: 'first', field: 'sold_at' }],
    ['a sum over a field that may be absent', M, { kind: 'sum', field: 'weight' }],
  ])('%s', (_what, at, value) => {
    expect(messageFor({ [at]: value })).toBe('accepted');
  });
});

describe('windows', () => {
  refuses([
    ['an unknown kind', WINDOW, { kind: 'sliding', sizeMs: 1 }, `${WINDOW}.kind: got "sliding"`],
    ['a tumbling size of 0', WINDOW, { kind: 'tumbling', sizeMs: 0 }, `${WINDOW}.sizeMs: got 0`],
    ['a broken size', WINDOW, { kind: 'tumbling', sizeMs: 0.5 }, `${WINDOW}.sizeMs: got 0.5`],
    ['no size', WINDOW, { kind: 'tumbling' }, `${WINDOW}.sizeMs: got undefined`],
    ['a hopping size of 0', WINDOW, { kind: 'hopping', sizeMs: 0, advanceMs: 1 }, `${WINDOW}.sizeMs: got 0`],
    ['an advance of 0', WINDOW, { kind: 'hopping', sizeMs: 10, advanceMs: 0 }, `${WINDOW}.advanceMs: got 0`],
    [
      'an advance over the size',
      WINDOW,
      { kind: 'hopping', sizeMs: 10, advanceMs: 20 },
      `${WINDOW}.advanceMs: got 20; allowed: a whole number in 1..10`,
    ],
    [
      'an advance that does not divide the size',
      WINDOW,
      { kind: 'hopping', sizeMs: 10, advanceMs: 3 },
      `${WINDOW}.advanceMs: got 3; allowed: a divisor of sizeMs (10)`,
    ],
    ['a gap of 0', WINDOW, { kind: 'session', gapMs: 0 }, `${WINDOW}.gapMs: got 0`],
    [
      'sessions over another key than the partition key',
      'aggregates.sales_session.groupBy',
      ['shop_id', 'currency'],
      'aggregates.sales_session.groupBy: got "shop_id, currency"; allowed: a list with the key field customer_id',
    ],
  ]);
});

describe('groups', () => {
  refuses([
    ['a field that is not there', GROUPS, ['town', 'currency'], `${GROUPS}[0]: got "town"`],
    ['money', GROUPS, ['currency', 'price'], `${GROUPS}[1]: got "price of kind money"`],
    ['a time', GROUPS, ['currency', 'sold_at'], `${GROUPS}[1]: got "sold_at of kind time"`],
    ['a field twice', GROUPS, ['currency', 'currency'], `${GROUPS}[1]: got "currency"; allowed: each field once`],
    ['an optional field without a replacement', GROUPS, ['currency', 'country'], `${GROUPS}[1]: got "country, which is optional"`],
    ['an empty replacement', GROUPS, ['currency', { field: 'country', missing: '' }], `${GROUPS}[1].missing: got ""`],
    ['a replacement that is no text', GROUPS, ['currency', { field: 'country', missing: 0 }], `${GROUPS}[1].missing: got 0`],
    ['a text in place of a number', GROUPS, ['currency', { field: 'floor', missing: 'none' }], `${GROUPS}[1].missing: got "none"`],
  ]);
});

describe('aggregates', () => {
  refuses([
    ['a name not in snake_case', 'aggregates.sales-1h', rightSpec().aggregates['sales_1m'], 'aggregates.sales-1h: got "sales-1h"'],
    ['an event type that is not there', `${SALES}.over`, 'sell', `${SALES}.over: got "sell"; allowed: an event type (sale, refund, visit)`],
    ['no measures', `${SALES}.measures`, {}, `${SALES}.measures: got "{}"`],
  ]);
});

describe('measures', () => {
  refuses([
    ['a name not in snake_case', `${SALES}.measures.P50`, { kind: 'count' }, `${SALES}.measures.P50: got "P50"`],
    ['a column of all aggregates', `${SALES}.measures.window_end`, { kind: 'count' }, `${SALES}.measures.window_end: got "window_end"`],
    ['a group column', `${SALES}.measures.country`, { kind: 'count' }, `${SALES}.measures.country: got "country"`],
    ['an unknown measure', M, { kind: 'median', field: 'price' }, `${M}.kind: got "median"`],
    ['a field that is not there', M, { kind: 'sum', field: 'cost' }, `${M}.field: got "cost"`],
    ['a sum of text', M, { kind: 'sum', field: 'country' }, `${M}.field: got "country of kind string"`],
    ['a least time', M, { kind: 'min', field: 'sold_at' }, `${M}.field: got "sold_at of kind time"`],
    ['a greatest flag', M, { kind: 'max', field: 'rated' }, `${M}.field: got "rated of kind boolean"`],
    ['a mean of text', M, { kind: 'mean', field: 'country' }, `${M}.field: got "country of kind string"`],
    ['a deviation of text', M, { kind: 'stddev', field: 'country' }, `${M}.field: got "country of kind string"`],
    ['a quantile of text', M, { kind: 'quantile', field: 'country', share: 0.5 }, `${M}.field: got "country of kind string"`],
    ['distinct money', M, { kind: 'distinct', field: 'price' }, `${M}.field: got "price of kind money"`],
    ['a first of nothing', M, { kind: 'first' }, `${M}.field: got undefined`],
    ['a share of 0', M, { kind: 'quantile', field: 'price', share: 0 }, `${M}.share: got 0`],
    ['a share in per cent', M, { kind: 'quantile', field: 'price', share: 95 }, `${M}.share: got 95`],
    ['no share', M, { kind: 'quantile', field: 'price' }, `${M}.share: got undefined`],
    ['money over several currencies', GROUPS, ['customer_id'], `${SALES}.measures.sum_minor: got "sum of price grouped by customer_id"`],
  ]);
});
