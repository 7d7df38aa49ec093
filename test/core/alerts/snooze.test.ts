import { describe, expect, test } from 'vitest';
import { type Snooze, snoozeOf, withoutSnooze, withSnooze } from '../../../core/alerts/snooze.ts';
import { START_MS } from './firings.ts';

const DAY_MS = 86_400_000;

function snooze(more: Partial<Snooze> = {}): Snooze {
  return { field: 'card', value: 'ada', fromMs: START_MS, untilMs: START_MS + DAY_MS, by: 'eve', why: 'on holiday', ...more };
}

describe('a snooze', () => {
  test('is in force from its start up to but not at its end, for its entity only', () => {
    const list = withSnooze([], snooze());
    const at = (ms: number, value = 'ada', field = 'card'): boolean => snoozeOf(list, { field, value }, ms) !== undefined;
    expect([at(START_MS - 1), at(START_MS), at(START_MS + DAY_MS - 1), at(START_MS + DAY_MS)]).toEqual([false, true, true, false]);
    expect([at(START_MS, 'bob'), at(START_MS, 'ada', 'shop')]).toEqual([false, false]);
  });

  test.each<[Partial<Snooze>, string]>([
    [{ untilMs: START_MS }, 'end of the snooze'],
    [{ untilMs: Number.NaN }, 'end of the snooze'],
    [{ untilMs: START_MS + 90 * DAY_MS + 1 }, 'at most 90 days ahead'],
    [{ why: ' ' }, 'reason of the snooze'],
    [{ by: '' }, 'owner of the snooze'],
    [{ why: 'x'.repeat(501) }, 'text of 1..500 characters'],
  ])('is refused: %j', (more, message) => {
    expect(() => withSnooze([], snooze(more))).toThrow(message);
  });

  test('of 90 days is allowed, and a second one takes the place of the first', () => {
    const first = withSnooze([], snooze({ untilMs: START_MS + 90 * DAY_MS }));
    const later = snooze({ fromMs: START_MS + 1, untilMs: START_MS + 2, by: 'kim' });
    const both = withSnooze(first, later);
    expect(snoozeOf(both, later, START_MS + 1)).toEqual(later);
    expect(snoozeOf(both, later, START_MS + 2)).toBeUndefined();
    expect(both[0]).toMatchObject({ wokenBy: 'kim', untilMs: START_MS + 1 });
  });

  test('is ended by waking, once; what is not snoozed cannot be woken', () => {
    const woken = withoutSnooze([snooze()], { field: 'card', value: 'ada', nowMs: START_MS + 5, by: 'kim' });
    expect(woken).toEqual([snooze({ untilMs: START_MS + 5, wokenBy: 'kim' })]);
    expect(() => withoutSnooze(woken, { field: 'card', value: 'ada', nowMs: START_MS + 5, by: 'kim' })).toThrow('nothing is snoozed');
    expect(() => withoutSnooze([snooze()], { field: 'card', value: 'bob', nowMs: START_MS, by: 'kim' })).toThrow('card=ada');
  });

  test('that ended three months ago is forgotten', () => {
    const list = withSnooze([snooze()], snooze({ value: 'bob', fromMs: START_MS + 91 * DAY_MS, untilMs: START_MS + 92 * DAY_MS }));
    expect(list.map(({ value }) => value)).toEqual(['bob']);
  });
});
