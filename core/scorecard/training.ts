import { dayOf } from '../backtest/scored.ts';
import type { PatternCount } from './grouping.ts';

/** Which events a table is learnt from. */
export interface Cut {
  /** Events from this time on, epoch ms. */
  readonly fromMs: number;
  /** Events before this time, epoch ms. */
  readonly toMs: number;
  /** Of labels that were known before this time, epoch ms. */
  readonly knownByMs: number;
}

/** What a label says, and since when. */
export interface TrainingLabel {
  /** Name of the event that it is about. */
  readonly name: string;
  readonly key: string;
  readonly eventMs: number;
  readonly knownMs: number;
  readonly isFraud: boolean;
}

interface KnownFraud {
  readonly day: number;
  readonly knownMs: number;
}

/** For so many days from its label delay on, a key with a fraud is left out. */
export const BLOCKED_DAYS = 10;

const UNSEEN = -1;

/**
 * Judged events and their labels, as numbers only: hundreds of thousands take little room. A key's events from `delayDays` + 1 to `delayDays` + 10 days
 * after a day with a fraud of it that was known by then are left out: the card would have been blocked, and whatever else is bought with
 * it says nothing of other cards.
 */
export class TrainingRows {
  private readonly delayDays: number;
  private readonly places = new Map<string, number>();
  private readonly timesMs: number[] = [];
  private readonly keys: number[] = [];
  private readonly patterns: number[] = [];
  private readonly keyNames: string[] = [];
  private readonly keyPlaces = new Map<string, number>();
  private readonly patternNames: string[] = [];
  private readonly patternPlaces = new Map<string, number>();
  /** Labels in the order in which they came: place of the event, time, and 1 for fraud. */
  private readonly labels = { of: [] as number[], knownMs: [] as number[], frauds: [] as number[] };
  private readonly frauds = new Map<string, KnownFraud[]>();

  constructor(delayDays: number) {
    this.delayDays = delayDays;
  }

  /** Takes an event with the bins that it fell into, by a name that no other event has. */
  see(name: string, { key, timeMs }: { readonly key: string; readonly timeMs: number }, places: string): void {
    const place = this.placeOf(name);
    this.timesMs[place] = timeMs;
    this.keys[place] = internedIn(this.keyNames, this.keyPlaces, key);
    this.patterns[place] = internedIn(this.patternNames, this.patternPlaces, places);
  }

  /** Takes a label, of an event that may come later or never; of several about one event the last one known counts. */
  learn({ name, key, eventMs, knownMs, isFraud }: TrainingLabel): void {
    this.labels.of.push(this.placeOf(name));
    this.labels.knownMs.push(knownMs);
    this.labels.frauds.push(Number(isFraud));
    if (!isFraud) return;
    const known = this.frauds.get(key) ?? [];
    this.frauds.set(key, known);
    known.push({ day: dayOf(eventMs), knownMs });
  }

  /** Counts the rows of a cut by the bins that they fell into. */
  counts({ fromMs, toMs, knownByMs }: Cut): PatternCount[] {
    const truths = this.truthsBy(knownByMs);
    const counted = this.patternNames.map((places) => ({ places, rows: 0, frauds: 0 }));
    for (const [place, pattern] of this.patterns.entries()) {
      const [timeMs, fraud, one] = [this.timesMs[place] as number, truths[place] as number, counted[pattern]];
      if (one === undefined || fraud === UNSEEN || timeMs < fromMs || timeMs >= toMs) continue;
      if (this.isBlocked(this.keyNames[this.keys[place] as number] ?? '', timeMs)) continue;
      one.rows += 1;
      one.frauds += fraud;
    }
    return counted.filter(({ rows }) => rows > 0);
  }

  private truthsBy(knownByMs: number): Int8Array {
    const truths = new Int8Array(this.patterns.length).fill(UNSEEN);
    for (const [i, place] of this.labels.of.entries())
      if ((this.labels.knownMs[i] as number) < knownByMs) truths[place] = this.labels.frauds[i] as number;
    return truths;
  }

  private isBlocked(key: string, timeMs: number): boolean {
    const day = dayOf(timeMs);
    const first = this.delayDays + 1;
    return (this.frauds.get(key) ?? []).some(
      (fraud) => fraud.knownMs <= timeMs && day - fraud.day >= first && day - fraud.day < first + BLOCKED_DAYS,
    );
  }

  private placeOf(name: string): number {
    const known = this.places.get(name);
    if (known !== undefined) return known;
    const place = this.patterns.push(UNSEEN) - 1;
    this.timesMs.push(Number.NaN);
    this.keys.push(UNSEEN);
    this.places.set(name, place);
    return place;
  }
}

function internedIn(names: string[], places: Map<string, number>, name: string): number {
  const known = places.get(name);
  if (known !== undefined) return known;
  places.set(name, names.length);
  return names.push(name) - 1;
}

/** Counts of several parts together, in the order of their bins. */
export function mergedCounts(parts: readonly (readonly PatternCount[])[]): PatternCount[] {
  const found = new Map<string, { readonly places: string; rows: number; frauds: number }>();
  for (const one of parts.flat()) {
    const known = found.get(one.places) ?? { places: one.places, rows: 0, frauds: 0 };
    found.set(one.places, known);
    known.rows += one.rows;
    known.frauds += one.frauds;
  }
  return [...found.values()].sort((a, b) => (a.places < b.places ? -1 : 1));
}
