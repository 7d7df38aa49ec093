import { ratio } from './curve.ts';
import { amountText, type Sum } from './money.ts';
import { dateOf, dayOf, FRAUD, LEGIT, type ScoredTable } from './scored.ts';

/** Firings of one rule, by truth. */
export interface Firings {
  readonly fired: number;
  readonly frauds: number;
  readonly legit: number;
  /** Of the labelled firings the share that is fraud; null without any. */
  readonly precision: number | null;
}

/** What one rule is worth beside the others. */
export interface RuleValue extends Firings {
  readonly rule: string;
  /** Rows on which no other rule fired. */
  readonly alone: Firings;
  /** Fraud on which no other rule fired, by currency. */
  readonly alone_fraud: readonly (Sum & { readonly currency: string })[];
  /** Rows on which it all but fired, as the engine counts them; null where it does not. */
  readonly near_misses: number | null;
  /** Firings by week of the range, seven days each from its start; `from` is the first day. */
  readonly weeks: readonly (Firings & { readonly from: string })[];
}

/** Rules that fired together. */
export interface Overlap {
  /** Rule ids, in the order of rows and columns. */
  readonly rules: readonly string[];
  /** Rows on which both rules fired; those of one rule on the diagonal. */
  readonly counts: readonly (readonly number[])[];
}

/** What is known of the rules beside the rows. */
export interface RuleOptions {
  readonly fromMs: number;
  readonly toMs: number;
  /** Ids of all active rules, those that never fired among them. */
  readonly rules?: readonly string[];
  /** Near misses by rule id. */
  readonly nearMisses?: Readonly<Record<string, number>>;
}

const DAYS_A_WEEK = 7;

/** Counts of one set of fired rules, by truth. */
interface SetCounts {
  readonly rules: readonly string[];
  readonly weeks: Counts[];
  readonly fraudMinor: Map<string, { count: number; minor: bigint }>;
}

/** Rows by truth, in the order of LEGIT, FRAUD, UNLABELLED. */
type Counts = [legit: number, fraud: number, unlabelled: number];

/** The value of each rule, by id; and how the rules overlap. */
export function ruleValues(
  table: ScoredTable,
  rows: Int32Array,
  options: RuleOptions,
): { readonly values: RuleValue[]; readonly overlap: Overlap } {
  const weekCount = Math.floor((dayOf(options.toMs - 1) - dayOf(options.fromMs)) / DAYS_A_WEEK) + 1;
  const sets = countSets(table, rows, { fromDay: dayOf(options.fromMs), weekCount });
  const rules = [...new Set([...(options.rules ?? []), ...sets.flatMap((set) => set.rules)])].sort();
  return { values: rules.map((rule) => ruleValue(rule, sets, { ...options, weekCount })), overlap: overlapOf(rules, sets) };
}

function countSets(
  table: ScoredTable,
  rows: Int32Array,
  { fromDay, weekCount }: { readonly fromDay: number; readonly weekCount: number },
): SetCounts[] {
  const sets = table.firedNames.map((rules): SetCounts => ({ rules, weeks: weeksOf(weekCount), fraudMinor: new Map() }));
  for (const row of rows) {
    const { weeks, fraudMinor, rules } = sets[table.firedSets[row] as number] as SetCounts;
    const week = weeks[Math.floor((dayOf(table.eventMs[row] as number) - fromDay) / DAYS_A_WEEK)] as Counts;
    const truth = table.truths[row] as number;
    week[truth] = (week[truth] as number) + 1;
    if (truth !== FRAUD || rules.length !== 1) continue;
    const currency = table.currencyNames[table.currencies[row] as number] as string;
    const { count, minor } = fraudMinor.get(currency) ?? { count: 0, minor: 0n };
    fraudMinor.set(currency, { count: count + 1, minor: minor + BigInt(table.amountsMinor[row] as number) });
  }
  return sets;
}

function weeksOf(count: number): Counts[] {
  return Array.from({ length: count }, (): Counts => [0, 0, 0]);
}

function ruleValue(
  rule: string,
  sets: readonly SetCounts[],
  { fromMs, nearMisses, weekCount }: RuleOptions & { readonly weekCount: number },
): RuleValue {
  const own = sets.filter((set) => set.rules.includes(rule));
  const alone = own.filter((set) => set.rules.length === 1);
  const weeks = Array.from({ length: weekCount }, (_, week) => ({
    from: dateOf(dayOf(fromMs) + week * DAYS_A_WEEK),
    ...firingsOf(own.map((set) => set.weeks[week] as Counts)),
  }));
  const money = alone.flatMap(({ fraudMinor }) => [...fraudMinor]).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...{ rule, ...firingsOf(own.flatMap((set) => set.weeks)), alone: firingsOf(alone.flatMap((set) => set.weeks)) },
    alone_fraud: money.map(([currency, { count, minor }]) => ({ currency, count, amount: amountText(minor, currency) })),
    ...{ near_misses: nearMisses?.[rule] ?? null, weeks },
  };
}

function firingsOf(counts: readonly Counts[]): Firings {
  const sumOf = (truth: number): number => counts.reduce((sum, own) => sum + (own[truth] as number), 0);
  const [frauds, legit] = [sumOf(FRAUD), sumOf(LEGIT)];
  const fired = counts.reduce((sum, own) => sum + own[0] + own[1] + own[2], 0);
  return { fired, frauds, legit, precision: ratio(frauds, frauds + legit) };
}

function overlapOf(rules: readonly string[], sets: readonly SetCounts[]): Overlap {
  const places = new Map(rules.map((rule, place) => [rule, place]));
  const counts = rules.map(() => rules.map(() => 0));
  for (const set of sets) {
    const { fired } = firingsOf(set.weeks);
    const own = set.rules.map((rule) => places.get(rule) as number);
    for (const a of own) for (const b of own) (counts[a] as number[])[b] = ((counts[a] as number[])[b] as number) + fired;
  }
  return { rules, counts };
}
