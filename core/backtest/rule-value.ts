import { ratio } from './curve.ts';
import { amountText, type Sum } from './money.ts';
import { dateOf, dayOf, FRAUD, LEGIT, type ScoredTable, UNLABELLED } from './scored.ts';

/** Firings of one rule, by truth. */
export interface Firings {
  readonly fired: number;
  readonly frauds: number;
  readonly legit: number;
  /** Of the labelled firings the share that is fraud; null without any. */
  readonly precision: number | null;
}

/** Rows that a rule all but fired on, by truth. */
export interface NearMisses {
  readonly count: number;
  readonly frauds: number;
  readonly legit: number;
  /** Of the labelled ones the share that is fraud; null without any. */
  readonly precision: number | null;
  /** By currency. */
  readonly fraud: readonly (Sum & { readonly currency: string })[];
}

/** What one rule is worth beside the others. */
export interface RuleValue extends Firings {
  readonly rule: string;
  /** Rows on which no other rule fired. */
  readonly alone: Firings;
  /** Fraud on which no other rule fired, by currency. */
  readonly alone_fraud: readonly (Sum & { readonly currency: string })[];
  /** Rows on which it all but fired, by the rule engine's own reckoning, and the fraud among them; null where it was not asked. */
  readonly near_misses: NearMisses | null;
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
}

const DAYS_A_WEEK = 7;

/** Rows by truth, in the order of LEGIT, FRAUD, UNLABELLED. */
type Counts = [legit: number, fraud: number, unlabelled: number];

/** What is counted of one rule in a single pass over the rows. */
interface Tally {
  readonly rule: string;
  readonly weeks: readonly Counts[];
  /** Rows on which no other rule fired. */
  readonly alone: Part;
  /** Rows on which it all but fired. */
  readonly near: Part;
}

/** Rows of a kind by truth, and the fraud among them by currency. */
interface Part {
  readonly counts: Counts;
  readonly money: Map<string, { readonly count: number; readonly minor: bigint }>;
}

/** The value of each rule, by id; and how the rules overlap. */
export function ruleValues(
  table: ScoredTable,
  rows: Int32Array,
  options: RuleOptions,
): { readonly values: RuleValue[]; readonly overlap: Overlap } {
  const used = rowsBySet(table.firedSets, rows, table.firedNames.length);
  const near = table.nearSets === null ? undefined : rowsBySet(table.nearSets, rows, table.firedNames.length);
  const fired = table.firedNames.flatMap((names, set) => (used[set] === 0 && (near?.[set] ?? 0) === 0 ? [] : names));
  const rules = [...new Set([...(options.rules ?? []), ...fired])].sort();
  const places = new Map(rules.map((rule, place) => [rule, place]));
  const sets = table.firedNames.map((names) => names.map((rule) => places.get(rule) ?? 0));
  return {
    values: tally(table, rows, { ...options, rules, sets }).map((own) => ruleValue(own, { ...options, hasNear: table.nearSets !== null })),
    overlap: { rules, counts: together(sets, used, rules.length) },
  };
}

/** How many rows have each set of rules: sets are fewer than rows. */
function rowsBySet(setOf: Int32Array, rows: Int32Array, sets: number): Int32Array {
  const counts = new Int32Array(sets);
  for (const row of rows) counts[setOf[row] as number] = (counts[setOf[row] as number] as number) + 1;
  return counts;
}

/** Rules by their place, for each set of the table. */
type Sets = readonly (readonly number[])[];

function tally(
  table: ScoredTable,
  rows: Int32Array,
  { rules, sets, fromMs, toMs }: RuleOptions & { readonly rules: readonly string[]; readonly sets: Sets },
): Tally[] {
  const fromDay = dayOf(fromMs);
  const length = Math.floor((dayOf(toMs - 1) - fromDay) / DAYS_A_WEEK) + 1;
  const part = (): Part => ({ counts: [0, 0, 0], money: new Map() });
  const tallies = rules.map((rule): Tally => ({ rule, weeks: Array.from({ length }, () => [0, 0, 0]), alone: part(), near: part() }));
  for (const row of rows) {
    const set = sets[table.firedSets[row] as number] as readonly number[];
    const week = Math.floor((dayOf(table.eventMs[row] as number) - fromDay) / DAYS_A_WEEK);
    const truth = table.truths[row] as number;
    for (const place of set) bump((tallies[place] as Tally).weeks[week] as Counts, truth);
    if (set.length === 1) addTo((tallies[set[0] as number] as Tally).alone, table, row);
    if (table.nearSets === null) continue;
    for (const place of sets[table.nearSets[row] as number] as readonly number[]) addTo((tallies[place] as Tally).near, table, row);
  }
  return tallies;
}

function bump(counts: Counts, truth: number): void {
  counts[truth] = (counts[truth] as number) + 1;
}

function addTo({ counts, money }: Part, table: ScoredTable, row: number): void {
  bump(counts, table.truths[row] as number);
  if (table.truths[row] !== FRAUD) return;
  const currency = table.currencyNames[table.currencies[row] as number] as string;
  const { count, minor } = money.get(currency) ?? { count: 0, minor: 0n };
  money.set(currency, { count: count + 1, minor: minor + BigInt(table.amountsMinor[row] as number) });
}

function ruleValue({ rule, weeks, alone, near }: Tally, { fromMs, hasNear }: RuleOptions & { readonly hasNear: boolean }): RuleValue {
  return {
    ...{ rule, ...firingsOf(weeks), alone: firingsOf([alone.counts]), alone_fraud: moneyOf(alone) },
    near_misses: hasNear ? nearMisses(near) : null,
    weeks: weeks.map((counts, week) => ({ from: dateOf(dayOf(fromMs) + week * DAYS_A_WEEK), ...firingsOf([counts]) })),
  };
}

function nearMisses(near: Part): NearMisses {
  const { fired: count, ...rest } = firingsOf([near.counts]);
  return { count, ...rest, fraud: moneyOf(near) };
}

function moneyOf({ money }: Part): (Sum & { readonly currency: string })[] {
  const byCurrency = [...money].sort(([a], [b]) => (a < b ? -1 : 1));
  return byCurrency.map(([currency, { count, minor }]) => ({ currency, count, amount: amountText(minor, currency) }));
}

function firingsOf(counts: readonly Counts[]): Firings {
  const sumOf = (truth: number): number => counts.reduce((sum, own) => sum + (own[truth] as number), 0);
  const [frauds, legit] = [sumOf(FRAUD), sumOf(LEGIT)];
  return { fired: frauds + legit + sumOf(UNLABELLED), frauds, legit, precision: ratio(frauds, frauds + legit) };
}

/** Rows on which both of two rules fired. */
function together(sets: Sets, used: Int32Array, size: number): number[][] {
  const counts = Array.from({ length: size }, () => Array.from({ length: size }, () => 0));
  for (const [place, set] of sets.entries()) {
    for (const a of set) {
      const own = counts[a] as number[];
      for (const b of set) own[b] = (own[b] as number) + (used[place] as number);
    }
  }
  return counts;
}
