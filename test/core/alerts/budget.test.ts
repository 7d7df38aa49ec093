import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ask, type BudgetState, expectedLoss, newBudget, threshold } from '../../../core/alerts/budget.ts';
import { firing, MINUTE_MS } from './firings.ts';

const DAY_MS = 1_440 * MINUTE_MS;
const MIDNIGHT_MS = Date.parse('2026-01-05T00:00:00Z');
const EUROS = { perDay: 100, currency: 'EUR' };
const DECISION = { over: 'payment', reviewPoints: 4, declinePoints: 10 };

interface Asked {
  readonly entity: string;
  readonly lossMinor: number | null;
  readonly nowMs: number;
}

/** Asks in turn; the entities that were granted, by day. */
function play(asked: readonly Asked[], perDay: number): { readonly byDay: Map<number, Set<string>>; readonly state: BudgetState } {
  let state = newBudget(asked[0]?.nowMs ?? MIDNIGHT_MS);
  const byDay = new Map<number, Set<string>>();
  for (const one of asked) {
    const answer = ask(state, one, perDay);
    state = answer.state;
    const day = Math.floor(one.nowMs / DAY_MS);
    if (answer.isGranted) byDay.set(day, (byDay.get(day) ?? new Set()).add(one.entity));
  }
  return { byDay, state };
}

/** A day of askers, one each three minutes, whose losses are a permutation of 0..479 that repeats for the same seed. */
function dayOf(day: number, seed: number): Asked[] {
  return Array.from({ length: 480 }, (_, i) => ({
    entity: `d${day}-${i}`,
    lossMinor: (i * 197 + seed * 131) % 480,
    nowMs: MIDNIGHT_MS + day * DAY_MS + i * 3 * MINUTE_MS,
  }));
}

describe('expected loss', () => {
  test.each([
    ['a decline at its amount', { outcome: 'decline', score: 3 } as const, 10_000],
    ['a review at its share of the points', { outcome: 'review', score: 5 } as const, 5_000],
    ['a review by a typology at no less than the points of a review', { outcome: 'review', score: 0 } as const, 4_000],
    ['points past the bound at no more than the amount', { outcome: 'approve', score: 20 } as const, 10_000],
    ['nothing for no points', { outcome: 'approve', score: 0 } as const, 0],
    ['an unknown rate is no loss that is known', { currency: 'USD' } as const, null],
    ['no amount neither', { amountMinor: null } as const, null],
  ])('counts %s', (_, more, expected) => {
    expect(expectedLoss(firing(0, more), EUROS, DECISION)).toBe(expected);
  });

  test('is compared in one currency, whatever its decimals', () => {
    const budget = { ...EUROS, rates: { JPY: 0.006, KWD: 3 } };
    const yen = firing(0, { outcome: 'decline', amountMinor: 50_000, currency: 'JPY' });
    const dinar = firing(0, { outcome: 'decline', amountMinor: 1_000, currency: 'KWD' });
    expect([yen, dinar].map((one) => expectedLoss(one, budget, DECISION))).toEqual([30_000, 300]);
  });
});

describe('a budget', () => {
  test('is never exceeded, costs an entity once a day, and remembers no more than it says', () => {
    const asked = fc.array(fc.record({ who: fc.nat(30), lossMinor: fc.option(fc.nat(10_000)), pauseMs: fc.nat(6 * 60 * MINUTE_MS) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(asked, fc.integer({ min: 1, max: 8 }), (list, perDay) => {
        let nowMs = MIDNIGHT_MS;
        const { byDay, state } = play(
          list.map(({ who, lossMinor, pauseMs }) => {
            nowMs += pauseMs;
            return { entity: `e${who}`, lossMinor, nowMs };
          }),
          perDay,
        );
        for (const entities of byDay.values()) expect(entities.size).toBeLessThanOrEqual(perDay);
        expect(state.opened.length).toBeLessThanOrEqual(perDay);
        expect(state.past.length).toBeLessThanOrEqual(7);
        for (const day of [Object.values(state.asked), ...state.past]) expect(day.length).toBeLessThanOrEqual(2 * perDay);
      }),
    );
  });

  test('an entity whose case was opened today asks for nothing', () => {
    const first = ask(newBudget(MIDNIGHT_MS), { entity: 'ada', lossMinor: 5, nowMs: MIDNIGHT_MS }, 1);
    expect(first.isGranted).toBe(true);
    const again = ask(first.state, { entity: 'ada', lossMinor: 1, nowMs: MIDNIGHT_MS + 1 }, 1);
    expect(again.isGranted).toBe(true);
    expect(ask(again.state, { entity: 'bob', lossMinor: 9, nowMs: MIDNIGHT_MS + 2 }, 1).isGranted).toBe(false);
    expect(ask(again.state, { entity: 'bob', lossMinor: 9, nowMs: MIDNIGHT_MS + DAY_MS }, 1).isGranted).toBe(true);
  });

  test('a loss that is not known is told while there is room', () => {
    const { state } = play([...dayOf(0, 1), ...dayOf(1, 2).slice(0, 200)], 30);
    expect(threshold(state, MIDNIGHT_MS + DAY_MS + 600 * MINUTE_MS, 30)).toBeGreaterThan(0);
    expect(ask(state, { entity: 'x', lossMinor: null, nowMs: MIDNIGHT_MS + DAY_MS + 600 * MINUTE_MS }, 30).isGranted).toBe(true);
  });

  test('on days that are alike it takes nearly the dearest, spread over the day', () => {
    const days = Array.from({ length: 9 }, (_, day) => dayOf(day, day));
    const { byDay } = play(days.flat(), 30);
    for (const [i, day] of days.entries()) {
      const granted = byDay.get(Math.floor(MIDNIGHT_MS / DAY_MS) + i) ?? new Set();
      const losses = day.map(({ lossMinor }) => lossMinor ?? 0).sort((a, b) => b - a);
      const best = losses.slice(0, 30).reduce((a, b) => a + b, 0);
      const got = day.filter(({ entity }) => granted.has(entity)).reduce((sum, { lossMinor }) => sum + (lossMinor ?? 0), 0);
      expect(got / best, `day ${i}`).toBeGreaterThan(i === 0 ? 0.8 : 0.95);
    }
  });

  test('a clock that steps back over midnight keeps the day', () => {
    const { state } = play([{ entity: 'ada', lossMinor: 5, nowMs: MIDNIGHT_MS + DAY_MS }], 1);
    const back = ask(state, { entity: 'bob', lossMinor: 5, nowMs: MIDNIGHT_MS + DAY_MS - 1_000 }, 1);
    expect(back.isGranted).toBe(false);
    expect(back.state.day).toBe(state.day);
  });
});
