import { usageError } from '../errors.ts';
import { dayOf, FRAUD, type ScoredTable } from './scored.ts';

/** A fraud by its card and event time. */
export interface KnownFraud {
  readonly key: string;
  readonly eventMs: number;
}

/** Which rows a back-test judges: the protocol of the fraud detection handbook (chapter 3, "prequential" splits). */
export interface Protocol {
  /** Start of the range, epoch ms, inclusive. */
  readonly fromMs: number;
  /** End of the range, exclusive. */
  readonly toMs: number;
  /** Days from a transaction until its label is known. */
  readonly labelDelayDays: number;
  /** How many days of frauds before the range and its label delay make a card known as compromised. */
  readonly knownDays: number;
  /** Frauds that are no rows of the table, such as those before it begins; others may be among them. */
  readonly earlierFrauds?: Iterable<KnownFraud>;
  /** True to judge compromised cards as all others. */
  readonly keepCompromised?: boolean;
}

/** Rows that are judged, and what was left out. */
export interface Selection {
  /** Places in the table, ascending. */
  readonly rows: Int32Array;
  /** Rows of the range whose card was known as compromised. */
  readonly removed: number;
  /** Cards with such rows. */
  readonly removedKeys: number;
}

/**
 * Rows of the range without those of cards known as compromised: on UTC day d, cards with a fraud on a day from
 * `from - labelDelayDays - knownDays` to `d - labelDelayDays - 1`. Such a card would have been blocked, so its frauds are no test of anything.
 */
export function judgedRows(table: ScoredTable, protocol: Protocol): Selection {
  const { fromMs, toMs, labelDelayDays } = checked(protocol);
  const firstFraud = protocol.keepCompromised === true ? undefined : firstFraudDays(table, protocol);
  const rows: number[] = [];
  const removed = new Set<number>();
  let removedCount = 0;
  for (let row = 0; row < table.count; row++) {
    const timeMs = table.eventMs[row] as number;
    if (timeMs < fromMs || timeMs >= toMs) continue;
    const key = table.keys[row] as number;
    const known = firstFraud?.[key];
    if (known === undefined || known > dayOf(timeMs) - labelDelayDays - 1) rows.push(row);
    else {
      removed.add(key);
      removedCount += 1;
    }
  }
  return { rows: Int32Array.from(rows), removed: removedCount, removedKeys: removed.size };
}

/** First day, from the start of the known frauds on, on which each key had a fraud; infinite for keys without. */
function firstFraudDays(table: ScoredTable, { fromMs, labelDelayDays, knownDays, earlierFrauds = [] }: Protocol): Float64Array {
  const fromDay = dayOf(fromMs) - labelDelayDays - knownDays;
  const days = new Float64Array(table.keyNames.length).fill(Number.POSITIVE_INFINITY);
  const add = (key: number, day: number): void => {
    if (day >= fromDay && day < (days[key] ?? Number.NEGATIVE_INFINITY)) days[key] = day;
  };
  for (let row = 0; row < table.count; row++) {
    if (table.truths[row] === FRAUD) add(table.keys[row] as number, dayOf(table.eventMs[row] as number));
  }
  const places = new Map(table.keyNames.map((name, place) => [name, place]));
  for (const { key, eventMs } of earlierFrauds) add(places.get(key) ?? -1, dayOf(eventMs));
  return days;
}

function checked(protocol: Protocol): Protocol {
  const { fromMs, toMs, labelDelayDays, knownDays } = protocol;
  if (!(toMs > fromMs)) throw usageError('the end of the range', toMs, `a time after its start, ${fromMs}`);
  for (const [name, days] of Object.entries({ labelDelayDays, knownDays })) {
    if (!Number.isSafeInteger(days) || days < 0) throw usageError(name, days, 'a whole number of days, 0 or more');
  }
  return protocol;
}
