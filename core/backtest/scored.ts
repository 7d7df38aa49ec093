import { usageError } from '../errors.ts';
import type { Outcome } from '../rules/decision.ts';

/** One transaction that a rule set has judged, with what was learnt of it later. */
export interface ScoredRow {
  readonly eventId: string;
  /** Event time, epoch ms; rows come in its order. */
  readonly eventMs: number;
  /** The card or customer. */
  readonly key: string;
  /** Integer points. */
  readonly score: number;
  readonly outcome: Outcome;
  /** Ids of the active rules that fired. */
  readonly fired: readonly string[];
  /** Ids of the active rules that all but fired; absent where nobody asked. */
  readonly nearMisses?: readonly string[];
  /** The truth, if it is known by the end of the data; null where no label came. */
  readonly fraud: boolean | null;
  /** Minor units of the currency; negative for refunds. */
  readonly amountMinor: bigint | number;
  readonly currency: string;
}

/** Scored rows as columns, in order of event time: hundreds of thousands take little room and are gone through fast. */
export interface ScoredTable {
  readonly count: number;
  readonly eventIds: readonly string[];
  readonly eventMs: Float64Array;
  /** Place of the row's key in `keyNames`; so are currencies and sets of fired rules. */
  readonly keys: Int32Array;
  readonly keyNames: readonly string[];
  readonly scores: Float64Array;
  /** Place of the outcome in `OUTCOMES`. */
  readonly outcomes: Uint8Array;
  /** One of `FRAUD`, `LEGIT`, `UNLABELLED`. */
  readonly truths: Uint8Array;
  readonly amountsMinor: Float64Array;
  readonly currencies: Uint16Array;
  readonly currencyNames: readonly string[];
  readonly firedSets: Int32Array;
  readonly firedNames: readonly (readonly string[])[];
  /** Rules that all but fired: place in `firedNames` of each row; null where a row has not been asked. */
  readonly nearSets: Int32Array | null;
}

/** Outcomes from the mildest to the worst. */
export const OUTCOMES: readonly Outcome[] = ['approve', 'review', 'decline'];
/** Place of the mildest outcome in `OUTCOMES`: every other one is an alert. */
export const APPROVE = 0;
/** Truth of a row whose label says fraud. */
export const FRAUD = 1;
/** Truth of a row whose label says that it was none. */
export const LEGIT = 0;
/** Truth of a row that no label came for. */
export const UNLABELLED = 2;

const DAY_MS = 86_400_000;

/** The UTC day of a time, in days since 1970. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

/** Length of a span in days, with a fraction. */
export function daysBetween(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / DAY_MS;
}

/** The date of a UTC day, such as `2018-08-08`. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Lays rows out as columns. Throws UsageError for rows out of order, and for points or amounts that are no safe integers. */
export function scoredTable(rows: Iterable<ScoredRow>): ScoredTable {
  const none = (): number[] => [];
  const eventIds: string[] = [];
  const column = { eventMs: none(), keys: none(), scores: none(), outcomes: none(), truths: none() };
  const more = { amountsMinor: none(), currencies: none(), firedSets: none(), nearSets: none() };
  const [keyNames, currencyNames, sets] = [new Names(), new Names(), new FiredSets()];
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const { eventId, key, currency, fired } = row;
    if (!(row.eventMs >= lastMs))
      throw usageError(`eventMs of ${eventId}`, row.eventMs, `${lastMs} or later: rows come in event-time order`);
    lastMs = row.eventMs;
    eventIds.push(eventId);
    column.eventMs.push(row.eventMs);
    column.keys.push(keyNames.of(key));
    column.scores.push(safeInteger(row.score, `score of ${eventId}`));
    column.outcomes.push(OUTCOMES.indexOf(row.outcome));
    column.truths.push(row.fraud === null ? UNLABELLED : row.fraud ? FRAUD : LEGIT);
    more.amountsMinor.push(safeInteger(Number(row.amountMinor), `amountMinor of ${eventId}`));
    more.currencies.push(currencyNames.of(currency));
    more.firedSets.push(sets.of(fired));
    if (row.nearMisses !== undefined) more.nearSets.push(sets.of(row.nearMisses));
  }
  return {
    ...{ count: eventIds.length, eventIds, keyNames: keyNames.values, currencyNames: currencyNames.values, firedNames: sets.values },
    ...{ eventMs: Float64Array.from(column.eventMs), keys: Int32Array.from(column.keys), scores: Float64Array.from(column.scores) },
    ...{ outcomes: Uint8Array.from(column.outcomes), truths: Uint8Array.from(column.truths) },
    ...{ amountsMinor: Float64Array.from(more.amountsMinor), currencies: Uint16Array.from(more.currencies) },
    firedSets: Int32Array.from(more.firedSets),
    nearSets: more.nearSets.length < eventIds.length ? null : Int32Array.from(more.nearSets),
  };
}

/** Names in the order in which they first came. */
class Names {
  readonly values: string[] = [];
  private readonly places = new Map<string, number>();

  of(name: string): number {
    const known = this.places.get(name);
    if (known !== undefined) return known;
    this.places.set(name, this.values.length);
    return this.values.push(name) - 1;
  }
}

/** Sets of rules that fired, or all but fired, together, each kept once, in the order in which they first came. */
export class FiredSets {
  readonly values: (readonly string[])[] = [];
  private readonly rules = new Names();
  private readonly places = new Map<string, number>();

  /** Place of a set in `values`. */
  of(rules: readonly string[]): number {
    // One character a rule: short texts are found several times as fast as the ids put together.
    let name = '';
    for (const rule of rules) name += String.fromCharCode(this.rules.of(rule));
    const known = this.places.get(name);
    if (known !== undefined) return known;
    this.places.set(name, this.values.length);
    return this.values.push(rules) - 1;
  }
}

function safeInteger(value: number, what: string): number {
  if (Number.isSafeInteger(value)) return value;
  throw usageError(what, value, 'a whole number within ±(2^53 - 1)');
}
