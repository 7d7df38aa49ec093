import { usageError } from '../errors.ts';
import { MISSING } from './bins.ts';
import { type Grouping, groupCounts, groupOf, type PatternCount } from './grouping.ts';
import { fitPooled, withoutSmall } from './pool.ts';
import type { BinSpec, Scorecard } from './scorecard.ts';

/** A line of the table: neighbouring bins with equal points are one. */
export interface FittedBin {
  /** Values from this one on; null without end. */
  readonly from: number | null;
  /** Values below this one; null without end. */
  readonly below: number | null;
  /** Whether a missing value counts as one of it. */
  readonly hasMissing: boolean;
  readonly points: number;
  /** Training rows. */
  readonly rows: number;
  readonly frauds: number;
}

/** One entry of a scorecard, with what it is worth. */
export interface FittedEntry {
  readonly spec: BinSpec;
  /** Place of the entry in the scorecard. */
  readonly entry: number;
  /** By value, ascending. */
  readonly bins: readonly FittedBin[];
  /** Points by the place that a `BinReader` gives. */
  readonly points: readonly number[];
}

/** A scorecard with points. */
export interface FittedScorecard {
  readonly card: Scorecard;
  /** Training rows. */
  readonly rows: number;
  readonly frauds: number;
  readonly entries: readonly FittedEntry[];
  /** Entries that are left out, one sentence each. */
  readonly dropped: readonly string[];
}

/** With fewer frauds a table would say more about chance than about fraud. */
export const FRAUDS_MIN = 100;

/** What weights cost: enough that a bin of nothing but frauds gets a weight, too little to move one of hundreds of rows. */
const RIDGE = 2;
/** Points of one unit of log-odds: seven points double the odds. */
const SCALE = 10;

/**
 * Gives points to the bins of a scorecard: ridge logistic regression over all of them at once, neighbours in the wrong order joined, weights above the
 * least suspicious bin of each entry rounded to points. Equal counts give an equal table. Throws UsageError for rows that no table can be learnt from.
 */
export function fitScorecard(card: Scorecard, counts: readonly PatternCount[]): FittedScorecard {
  const rows = counts.reduce((sum, one) => sum + one.rows, 0);
  const frauds = counts.reduce((sum, one) => sum + one.frauds, 0);
  checkTotals(rows, frauds);
  const dropped: string[] = [];
  const groupings = card.bins.flatMap((spec, entry): Grouping[] => {
    const whole = { entry, spec, kept: spec.at.map((_, i) => i) };
    const reason = uselessness(whole, counts);
    if (reason !== undefined) dropped.push(`${spec.name} is left out: ${reason}`);
    return reason === undefined ? [withoutSmall(whole, counts)] : [];
  });
  const pooled = fitPooled(groupings, counts, RIDGE);
  const fitted = pooled.groupings.map((grouping, i) => entryOf(grouping, pooled.weights[i] ?? new Float64Array(), counts));
  const entries = fitted.filter(({ bins }) => bins.length > 1);
  for (const { spec, bins } of fitted)
    if (bins.length < 2) dropped.push(`${spec.name} is left out: without effect, no two of its bins differ by a point.`);
  if (entries.length === 0) throw usageError('scorecard', `no entry with effect (${dropped.join(' ')})`, 'at least one whose bins differ');
  return { card, rows, frauds, entries, dropped };
}

/** Points of an event, by the bins that it falls into. */
export function scoreOf({ entries }: FittedScorecard, places: string): number {
  let score = 0;
  for (const { entry, points } of entries) score += points[places.charCodeAt(entry)] ?? 0;
  return score;
}

/** The most points that the table can give. */
export function topScore({ entries }: FittedScorecard): number {
  return entries.reduce((sum, { points }) => sum + Math.max(...points), 0);
}

function checkTotals(rows: number, frauds: number): void {
  const range = 'choose an earlier --from';
  if (rows === 0)
    throw usageError(
      'labels of the range',
      'none that are known by the cut-off',
      `some: ${range}, a later --known-by, or events with labels`,
    );
  if (frauds < FRAUDS_MIN) throw usageError('frauds to learn from', frauds, `at least ${FRAUDS_MIN}: ${range}`);
  if (frauds === rows)
    throw usageError('legitimate transactions to learn from', 0, 'some: where labels come for frauds only, send the others too');
}

/** Why an entry says nothing; undefined if it may. Throws UsageError if it is one that must not be missing, and is. */
function uselessness(grouping: Grouping, counts: readonly PatternCount[]): string | undefined {
  const { spec, entry } = grouping;
  const rows = counts.reduce((sum, one) => sum + one.rows, 0);
  const missing = counts.reduce((sum, one) => sum + (one.places.charCodeAt(entry) === MISSING ? one.rows : 0), 0);
  if (missing === rows) return 'always missing.';
  if (spec.moreIs === 'any' && missing > 0)
    throw usageError(
      `more_is of ${spec.name}`,
      `any, and no value on ${missing} of ${rows} rows`,
      'worse or better, which say what bin a missing value falls into',
    );
  const filled = groupCounts(grouping, counts).filter((one) => one.rows > 0);
  return filled.length < 2 ? 'constant, all rows are in one bin.' : undefined;
}

function entryOf(grouping: Grouping, weights: Float64Array, counts: readonly PatternCount[]): FittedEntry {
  const { spec, entry } = grouping;
  const least = Math.min(...weights);
  const byGroup = Array.from(weights, (weight) => Math.floor((weight - least) * SCALE + 0.5));
  const isKept = (_: number, i: number): boolean => byGroup[i] !== byGroup[i + 1];
  const shown = { ...grouping, kept: grouping.kept.filter(isKept) };
  const places = Array.from({ length: spec.at.length + 2 }, (_, place) => place);
  // Rules do not fire on what is missing.
  const points = places.map((place) => (place === MISSING ? 0 : (byGroup[groupOf(grouping, place)] ?? 0)));
  const hasMissing = counts.some((one) => one.places.charCodeAt(entry) === MISSING);
  const bins = groupCounts(shown, counts).map((count, group): FittedBin => {
    const edge = (i: number): number | null => spec.at[shown.kept[i] ?? -1] ?? null;
    const first = places.find((place) => place !== MISSING && groupOf(shown, place) === group) ?? MISSING;
    const isLeast = groupOf(shown, MISSING) === group;
    return { from: edge(group - 1), below: edge(group), hasMissing: hasMissing && isLeast, points: points[first] ?? 0, ...count };
  });
  return { spec, entry, bins, points };
}
