import type { Random } from '../../../core/random.ts';
import type { PatternCount } from '../../../core/scorecard/grouping.ts';
import type { BinSpec, MoreIs, Scorecard } from '../../../core/scorecard/scorecard.ts';

/** Values of the payments pipeline with bins, as many as asked for. */
export const BINS: readonly BinSpec[] = [
  { name: 'amount', of: 'event.amount_minor', at: [5_000, 20_000, 22_000], moreIs: 'worse', where: 'event.currency == "EUR"' },
  { name: 'ratio', of: 'features.customer_ratio_30d', at: [1.5, 2, 3.5], moreIs: 'worse' },
  { name: 'run age', of: 'features.terminal_run_age_days_28d', at: [14, 28], moreIs: 'better' },
];

export function cardOf(bins: readonly BinSpec[] = BINS): Scorecard {
  return { id: 'card', owner: 'fraud-desk', description: 'What a test looks at.', on: 'transaction', bins };
}

/** Entries without meaning, one for each direction. */
export function plainBins(directions: readonly MoreIs[], thresholds = 3): BinSpec[] {
  return directions.map((moreIs, i) => ({
    ...{ name: `v${i}`, of: 'event.amount_minor', moreIs },
    at: Array.from({ length: thresholds }, (_, k) => k + 1),
  }));
}

export const placesOf = (...places: readonly number[]): string => String.fromCharCode(...places);

/** Rows drawn from known log-odds: of each entry one bin by chance, and fraud by the sum of their weights. */
export function drawnCounts(
  random: Random,
  { intercept, weights, rows }: { intercept: number; weights: readonly (readonly number[])[]; rows: number },
): PatternCount[] {
  const found = new Map<string, { rows: number; frauds: number }>();
  for (let i = 0; i < rows; i++) {
    const bins = weights.map((own) => random.below(own.length));
    const logOdds = bins.reduce((sum, bin, k) => sum + (weights[k]?.[bin] ?? 0), intercept);
    const places = placesOf(...bins.map((bin) => bin + 1));
    const one = found.get(places) ?? { rows: 0, frauds: 0 };
    found.set(places, { rows: one.rows + 1, frauds: one.frauds + Number(random.chance(1 / (1 + Math.exp(-logOdds)))) });
  }
  return [...found].map(([places, one]) => ({ places, ...one }));
}
