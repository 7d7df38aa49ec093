import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LISTED_MAX } from '../../../core/alerts/case.ts';
import { type Firing, isWorse, rankOf, severityOf, worstFirst, worstOf } from '../../../core/alerts/firing.ts';
import type { Snooze } from '../../../core/alerts/snooze.ts';
import { ARRIVALS, firing, MARGIN, MINUTE_MS, START_MS, Story } from './firings.ts';

const HOUR_MS = 60 * MINUTE_MS;

describe('one entity', () => {
  test('a like alert within the cool-down is folded, and listed when it ends', () => {
    const story = new Story();
    for (const n of [0, 1, 2]) story.admit(firing(n), START_MS + n * MINUTE_MS);
    expect(story.fates()).toEqual(['told', 'folded', 'folded']);
    story.look(START_MS + HOUR_MS - 1);
    expect(story.summaries).toEqual([]);
    story.look(START_MS + HOUR_MS);
    expect(story.summaries.map(({ count, follows, listed }) => ({ count, follows, ids: listed.map(({ id }) => id) }))).toEqual([
      { count: 2, follows: 'rule/ada/e0', ids: ['rule/ada/e1', 'rule/ada/e2'] },
    ]);
    story.look(START_MS + 2 * HOUR_MS);
    expect(story.summaries).toHaveLength(1);
  });

  test('an alert at the end of the cool-down opens a new case, one before it does not', () => {
    const story = new Story();
    story.admit(firing(0), START_MS);
    story.admit(firing(1), START_MS + HOUR_MS - 1);
    story.admit(firing(2), START_MS + HOUR_MS);
    expect(story.fates()).toEqual(['told', 'folded', 'told']);
    expect(story.state.decided[2]).toMatchObject({ follows: null });
    expect(story.summaries).toHaveLength(1);
  });

  test.each<[string, Partial<Firing>, 'told' | 'folded']>([
    ['a higher outcome', { outcome: 'decline' }, 'told'],
    ['a lower outcome', { outcome: 'approve' }, 'folded'],
    ['as many points more as the margin', { score: 4 + MARGIN }, 'told'],
    ['a point less than that', { score: 3 + MARGIN }, 'folded'],
    ['three times the amount', { amountMinor: 30_000 }, 'told'],
    ['a cent less than that', { amountMinor: 29_999 }, 'folded'],
    ['another currency', { currency: 'JPY' }, 'told'],
    ['no amount', { amountMinor: null, currency: null }, 'folded'],
    ['another rule on another event', { ruleId: 'other' }, 'told'],
    ['another rule on the event that was told', { ruleId: 'other', eventId: 'e0' }, 'folded'],
  ])('within the cool-down, %s: %s', (_, more, fate) => {
    const story = new Story();
    story.admit(firing(0), START_MS);
    story.admit(firing(1, more), START_MS + 1);
    expect(story.fates()).toEqual(['told', fate]);
    expect(story.state.decided[1]?.follows).toBe('rule/ada/e0');
  });

  test('a mild alert after a worse one that was told later is measured by the worse one', () => {
    const story = new Story();
    story.admit(firing(0), START_MS);
    story.admit(firing(1, { outcome: 'decline', score: 12 }), START_MS + 1);
    story.admit(firing(2, { outcome: 'decline', score: 14 }), START_MS + 2);
    expect(story.fates()).toEqual(['told', 'told', 'folded']);
  });

  test('a longer cool-down of a worse alert is kept, a shorter one shortens nothing', () => {
    const story = new Story();
    story.admit(firing(0), START_MS);
    story.admit(firing(1, { outcome: 'decline', coolDownMs: MINUTE_MS }), START_MS + 1);
    expect(story.state.episode?.endMs).toBe(START_MS + HOUR_MS);
    story.admit(firing(2, { outcome: 'decline', score: 12, coolDownMs: 24 * HOUR_MS }), START_MS + 2);
    expect(story.state.episode?.endMs).toBe(START_MS + 2 + 24 * HOUR_MS);
  });

  test('a full list goes out before the time', () => {
    const story = new Story();
    for (let n = 0; n <= LISTED_MAX + 1; n += 1) story.admit(firing(n), START_MS + n);
    story.look(START_MS + HOUR_MS);
    expect(story.summaries.map(({ id, count }) => [id, count])).toEqual([
      [`=c${START_MS}/0`, LISTED_MAX],
      [`=c${START_MS}/1`, 1],
    ]);
  });

  test('no budget opens no case, and what comes within a case asks for none', () => {
    const story = new Story();
    story.admit(firing(0), START_MS, { mayOpen: () => false });
    story.admit(firing(1), START_MS + 1);
    story.admit(firing(2, { outcome: 'decline' }), START_MS + 2, { mayOpen: () => false });
    expect(story.fates()).toEqual(['over_budget', 'told', 'told']);
  });
});

describe('a snooze', () => {
  const snooze: Snooze = { field: 'card', value: 'ada', fromMs: START_MS, untilMs: START_MS + 8 * HOUR_MS, by: 'eve', why: 'on holiday' };

  test('holds alerts back, and lists them when it ends', () => {
    const story = new Story();
    for (let n = 0; n < LISTED_MAX + 5; n += 1) story.admit(firing(n), START_MS + n, { snooze });
    expect(new Set(story.fates())).toEqual(new Set(['snoozed']));
    story.look(snooze.untilMs - 1, snooze);
    expect(story.summaries).toEqual([]);
    story.look(snooze.untilMs);
    expect(story.summaries).toMatchObject([{ kind: 'snooze', count: LISTED_MAX + 5, endMs: snooze.untilMs }]);
    expect(story.summaries[0]?.listed).toHaveLength(LISTED_MAX);
  });

  test.each<[string, Partial<Firing>, string]>([
    ['a higher outcome breaks through', { outcome: 'decline' }, 'told'],
    ['twice the points break through', { score: 8 }, 'told'],
    ['less do not', { score: 7 }, 'snoozed'],
    ['a greater amount does not', { amountMinor: 1_000_000 }, 'snoozed'],
  ])('%s', (_, more, fate) => {
    const story = new Story();
    story.admit(firing(0), START_MS, { snooze });
    story.admit(firing(1, more), START_MS + 1, { snooze });
    expect(story.fates()).toEqual(['snoozed', fate]);
    expect(story.state.decided[1]?.isThroughSnooze).toBe(fate === 'told');
  });
});

test('whatever the order: each alert is told once or listed once, none listed is worse than what was told before, and few are told', () => {
  fc.assert(
    fc.property(ARRIVALS, (arrivals) => {
      const story = new Story();
      let nowMs = START_MS;
      // What was told in the open case, as an outsider would note it down.
      let told: ReturnType<typeof severityOf> | undefined;
      let tellsInCase = 0;
      const ends: number[] = [];
      for (const { one, pauseMs } of arrivals) {
        nowMs += pauseMs;
        story.look(nowMs);
        if (story.state.episode === null) {
          told = undefined;
          tellsInCase = 0;
        }
        story.admit(one, nowMs);
        if (story.fates().at(-1) === 'told') {
          told = told === undefined ? severityOf(one) : worstOf(told, severityOf(one));
          tellsInCase += 1;
          ends.push(nowMs);
        } else {
          expect(told !== undefined && !isWorse(one, told, MARGIN)).toBe(true);
          expect(rankOf(one.outcome)).toBeLessThanOrEqual(told?.rank ?? -1);
        }
        // Outcomes, points and amounts can only rise so often, and each rule is new once.
        expect(tellsInCase).toBeLessThanOrEqual(1 + 2 + 20 / MARGIN + 3 + 2 * 13 + 2);
      }
      story.look(nowMs + 48 * HOUR_MS);
      const toldIds = story.state.decided.filter(({ fate }) => fate === 'told').map(({ id }) => id);
      const listedIds = story.summaries.flatMap(({ listed }) => listed.map(({ id }) => id));
      expect([...toldIds, ...listedIds].sort()).toEqual(arrivals.map(({ one }) => one.id).sort());
      expect(new Set(story.summaries.map(({ id }) => id)).size).toBe(story.summaries.length);
    }),
    { numRuns: 300 },
  );
});

test('in any order of one moment the worst is told first, and the others are listed', () => {
  const one = fc.record({
    outcome: fc.constantFrom<Firing['outcome']>('approve', 'review', 'decline'),
    score: fc.nat(20),
    amountMinor: fc.nat(100_000),
  });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 12 }), fc.nat(), (list, seed) => {
      const firings = list.map((more, n) => firing(n, more));
      const shuffled = firings.map((value, i) => ({ value, at: (i * 7919 + seed) % 101 })).sort((a, b) => a.at - b.at);
      const told = [firings, shuffled.map(({ value }) => value)].map((order) => {
        const story = new Story();
        for (const next of [...order].sort(worstFirst)) story.admit(next, START_MS);
        return story.state.decided.map(({ id, fate }) => `${id} ${fate}`);
      });
      expect(told[0]).toEqual(told[1]);
      expect(told[0]?.[0]).toContain(' told');
      const worst = firings.reduce((a, b) => (worstFirst(a, b) < 0 ? a : b));
      expect(told[0]?.[0]).toBe(`${worst.id} told`);
    }),
  );
});
