import type { CardDay } from './card-days.ts';

/**
 * The most cards that looking at k a day can catch, by day: the ceiling of card precision at k, times k. A card counts once, on a day on
 * which it had a fraud; who knows every fraud may leave a card for a later day on which there is room. This is the greatest matching of
 * cards to days; each card goes to its earliest day unless another must have the place.
 */
export function mostCaught(days: readonly CardDay[], k: number): number[] {
  const daysOf = fraudDays(days);
  const caught = days.map((): number[] => []);
  for (const [key, own] of daysOf) if (!goesTo(own, key)) place(key, new Set());
  return caught.map((keys) => keys.length);

  function goesTo(own: readonly number[], key: number): boolean {
    const day = own.find((at) => (caught[at]?.length ?? k) < k);
    if (day !== undefined) caught[day]?.push(key);
    return day !== undefined;
  }

  /** Finds room for a card by moving others on to later or earlier days of theirs; each full day is asked once. */
  function place(key: number, asked: Set<number>): boolean {
    const own = daysOf.get(key) ?? [];
    if (goesTo(own, key)) return true;
    for (const day of own) {
      if (asked.has(day)) continue;
      asked.add(day);
      const there = caught[day] ?? [];
      const moved = there.findIndex((other) => place(other, asked));
      if (moved < 0) continue;
      there[moved] = key;
      return true;
    }
    return false;
  }
}

/** Places of the days on which each card had a fraud, by key. */
function fraudDays(days: readonly CardDay[]): Map<number, number[]> {
  const daysOf = new Map<number, number[]>();
  for (const [place, { keys, frauds }] of days.entries()) {
    for (const [i, key] of keys.entries()) {
      if (frauds[i] !== 1) continue;
      const own = daysOf.get(key);
      if (own === undefined) daysOf.set(key, [place]);
      else own.push(place);
    }
  }
  return daysOf;
}
