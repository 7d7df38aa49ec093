import { type Grouping, groupCounts, groupedRows, joined, type PatternCount, weightsOf } from './grouping.ts';
import { fitLogistic, type Model } from './logistic.ts';

/** Fewer rows than this say too little of their bin. */
const ROWS_MIN = 50;

/** Joins bins with too few rows to the neighbour with fewer rows, of equal ones the lower; the smallest bin first. */
export function withoutSmall(grouping: Grouping, counts: readonly PatternCount[]): Grouping {
  const rows = groupCounts(grouping, counts).map((one) => one.rows);
  const least = Math.min(...rows);
  if (rows.length < 2 || least >= ROWS_MIN) return grouping;
  const small = rows.indexOf(least);
  const [below, above] = [rows[small - 1] ?? Number.POSITIVE_INFINITY, rows[small + 1] ?? Number.POSITIVE_INFINITY];
  return withoutSmall(joined(grouping, below <= above ? small - 1 : small), counts);
}

/** A model and the groups that it has weights for. */
export interface Pooled {
  readonly groupings: readonly Grouping[];
  readonly weights: readonly Float64Array[];
}

/** Fits, and as long as weights of neighbours go the wrong way joins the pair that does so most, and fits again. */
export function fitPooled(groupings: readonly Grouping[], counts: readonly PatternCount[], ridge: number): Pooled {
  let [now, start]: [readonly Grouping[], Model | undefined] = [groupings, undefined];
  for (;;) {
    const groupCount = now.reduce((sum, { kept }) => sum + kept.length + 1, 0);
    const model = fitLogistic(groupedRows(now, counts), { groupCount, ridge, start });
    const weights = weightsOf(now, model);
    const worst = worstPair(now, weights);
    if (worst === undefined) return { groupings: now, weights };
    now = now.map((one, i) => (i === worst.entry ? joined(one, worst.group) : one));
    start = { intercept: model.intercept, weights: joinedWeights(weights, worst) };
  }
}

/** A group and the one above it, of one of the groupings. */
interface Pair {
  readonly entry: number;
  readonly group: number;
}

/** Of all neighbours in the wrong order the ones furthest apart; of equal ones the first. */
function worstPair(groupings: readonly Grouping[], weights: readonly Float64Array[]): Pair | undefined {
  let worst: (Pair & { readonly rise: number }) | undefined;
  for (const [entry, { spec }] of groupings.entries()) {
    if (spec.moreIs === 'any') continue;
    const own = weights[entry] ?? new Float64Array();
    for (let group = 0; group + 1 < own.length; group++) {
      const up = (own[group + 1] as number) - (own[group] as number);
      const rise = spec.moreIs === 'worse' ? up : -up;
      if (rise < 0 && rise < (worst?.rise ?? 0)) worst = { entry, group, rise };
    }
  }
  return worst;
}

/** All weights in a row, the mean of the pair in its place: near the next optimum. */
function joinedWeights(weights: readonly Float64Array[], { entry, group }: Pair): Float64Array {
  const parts = weights.map((own, i) => {
    if (i !== entry) return [...own];
    const mean = ((own[group] as number) + (own[group + 1] as number)) / 2;
    return [...own.slice(0, group), mean, ...own.slice(group + 2)];
  });
  return Float64Array.from(parts.flat());
}
