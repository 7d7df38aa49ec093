import { createRandom, type Random } from '../random.ts';
import type { CardDay } from './card-days.ts';

/** Share of frauds among the k most suspicious cards of a day. */
export interface CardPrecision {
  /** Mean over days. */
  readonly mean: number;
  /** One value a day, in the order of the days. */
  readonly daily: readonly number[];
  /** Tie-breaks that it is the mean of; 0 where ties make no difference, so that the value is exact. */
  readonly tieBreaks: number;
  /** Standard error of the mean that is left of the ties; 0 where it is exact. */
  readonly tieError: number;
}

/** How many cards a day are looked at, and how ties are broken. */
export interface CardPrecisionOptions {
  readonly k: number;
  readonly seed: number;
  /** Tie-breaks to average over. */
  readonly tieBreaks: number;
}

/**
 * Card precision at k as the fraud detection handbook defines it: a day has one score for each card, the greatest of its rows; of the k
 * highest the share that had a fraud that day, out of k even where there are fewer cards; cards caught so are left out of later days.
 *
 * Where cards tie for the last places, each is as likely to be looked at. If no fraudulent card of such a tie comes again later, the
 * value is the exact expectation. Otherwise it matters later which of them were caught, which has no short exact answer: the places are
 * drawn, and the mean of several draws is taken; each draw is a ranking that could be, so that no mean exceeds the ceiling. Null without days.
 */
export function cardPrecision(days: readonly CardDay[], { k, seed, tieBreaks }: CardPrecisionOptions): CardPrecision | null {
  if (days.length === 0) return null;
  const random = createRandom(seed);
  const lastDays = lastDaysOf(days);
  const first = walk(days, { k, random, lastDays });
  if (!first.isChancy) return { mean: meanOf(first.expected), daily: first.expected, tieBreaks: 0, tieError: 0 };
  const draws = [first, ...Array.from({ length: tieBreaks - 1 }, () => walk(days, { k, random, lastDays }))].map(({ drawn }) => drawn);
  const daily = days.map((_, day) => meanOf(draws.map((draw) => draw[day] as number)));
  return { mean: meanOf(daily), daily, tieBreaks: draws.length, tieError: standardErrorOf(draws.map(meanOf)) };
}

/** Place of the last day on which each key is there: a caught one leaves a place free then, with a fraud or without. */
function lastDaysOf(days: readonly CardDay[]): ReadonlyMap<number, number> {
  const last = new Map<number, number>();
  for (const [day, { keys }] of days.entries()) for (const key of keys) last.set(key, day);
  return last;
}

/** One pass over the days. */
interface Walk {
  /** Precision of each day as drawn, and as expected given what was caught before. */
  readonly drawn: readonly number[];
  readonly expected: readonly number[];
  /** Whether other draws would have changed a later day. */
  readonly isChancy: boolean;
}

function walk(
  days: readonly CardDay[],
  { k, random, lastDays }: { readonly k: number; readonly random: Random; readonly lastDays: ReadonlyMap<number, number> },
): Walk {
  const caught = new Set<number>();
  const expected: number[] = [];
  let isChancy = false;
  const drawn = days.map((day, at) => {
    let [free, hits, hitsExpected] = [k, 0, 0];
    for (let from = 0; free > 0 && from < day.keys.length; ) {
      const tie = tieAt(day, from, caught);
      const taken = Math.min(free, tie.cards);
      if (taken < tie.cards && tie.frauds.some((key) => (lastDays.get(key) ?? at) > at)) isChancy = true;
      const found = drawnFrom(tie, taken, random);
      for (const key of found) caught.add(key);
      hits += found.length;
      hitsExpected += tie.cards === 0 ? 0 : (tie.frauds.length * taken) / tie.cards;
      free -= taken;
      from = tie.end;
    }
    expected.push(hitsExpected / k);
    return hits / k;
  });
  return { drawn, expected, isChancy };
}

interface Tie {
  /** Cards of the score that are not caught yet. */
  readonly cards: number;
  /** Keys of those with a fraud. */
  readonly frauds: readonly number[];
  readonly end: number;
}

/** Cards of the same score as the one at `from`. */
function tieAt({ keys, scores, frauds: truths }: CardDay, from: number, caught: ReadonlySet<number>): Tie {
  const frauds: number[] = [];
  let [cards, end] = [0, from];
  for (; end < keys.length && scores[end] === scores[from]; end++) {
    const key = keys[end] as number;
    if (caught.has(key)) continue;
    cards += 1;
    if (truths[end] === 1) frauds.push(key);
  }
  return { cards, frauds, end };
}

/** Frauds among `taken` cards drawn from a tie without putting back. */
function drawnFrom({ cards, frauds }: Tie, taken: number, random: Random): readonly number[] {
  if (taken === cards) return frauds;
  let left = taken;
  // The frauds are asked first: the order in which members of a tie are drawn is no matter.
  return frauds.filter((_, asked) => {
    const isTaken = random.unit() * (cards - asked) < left;
    if (isTaken) left -= 1;
    return isTaken;
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard error of the mean of values; 0 of a single one. */
function standardErrorOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = meanOf(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
