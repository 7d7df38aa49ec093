import { createRandom, type Random } from '../random.ts';
import { aucOf, averagePrecisionOf, distinctScores, type Weights } from './curve.ts';
import { FRAUD, type ScoredTable, UNLABELLED } from './scored.ts';

/** AUC and average precision of each table in one draw. */
type Draw = readonly { readonly auc: number; readonly averagePrecision: number }[];

/** Standard errors of the figures of a table, and of those of the second less those of the first. */
export interface Spread {
  readonly auc: number;
  readonly averagePrecision: number;
}

/** Draws with which a standard error is itself known to a twentieth. */
const DRAWS = 200;
/** Largest weight of a card in a draw; a greater one has a chance of one in ten million. */
const WEIGHT_MAX = 10;

/**
 * Standard errors by a bootstrap over whole cards: each draw gives every card a weight, Poisson with mean 1, in all tables alike. Frauds of a
 * card come in runs, so drawing single rows would promise too much. What cards share, such as a terminal, is not in it. One value for each
 * table, and last the one of the difference of the last and the first. Null where a draw in ten has no frauds or nothing else.
 */
export function spreadOf(tables: readonly ScoredTable[], rows: Int32Array, seed: number): readonly Spread[] | null {
  const random = createRandom(seed);
  const cells = tables.map((table) => cellsOf(table, rows));
  const keyCount = tables[0]?.keyNames.length ?? 0;
  const draws = Array.from({ length: DRAWS }, () => {
    const weights = poissonWeights(keyCount, random);
    return cells.map((own) => figuresOf(own, weights));
  }).filter((draw): draw is Draw[number][] => draw.every((figures) => figures !== null));
  if (draws.length < DRAWS * 0.9) return null;
  const difference = draws.map((draw) => minus(draw.at(-1), draw[0]));
  const columns = [...tables.map((_, i) => draws.map((draw) => draw[i])), ...(tables.length > 1 ? [difference] : [])];
  return columns.map((column) => ({
    auc: deviationOf(column.map((figures) => figures?.auc ?? 0)),
    averagePrecision: deviationOf(column.map((figures) => figures?.averagePrecision ?? 0)),
  }));
}

function minus(a: Draw[number] | undefined, b: Draw[number] | undefined): Draw[number] {
  return { auc: (a?.auc ?? 0) - (b?.auc ?? 0), averagePrecision: (a?.averagePrecision ?? 0) - (b?.averagePrecision ?? 0) };
}

/** Labelled rows counted by card, score and truth. */
interface Cells {
  readonly levels: number;
  readonly keys: Int32Array;
  /** Level of the score for a legitimate row, that plus `levels` for a fraud. */
  readonly places: Int32Array;
  readonly counts: Float64Array;
}

function cellsOf({ scores, keys, truths }: ScoredTable, rows: Int32Array): Cells {
  const distinct = distinctScores(scores, rows);
  const levelOf = new Map(Array.from(distinct, (score, level) => [score, level]));
  const width = 2 * distinct.length;
  const counts = new Map<number, number>();
  for (const row of rows) {
    if (truths[row] === UNLABELLED) continue;
    const level = levelOf.get(scores[row] as number) ?? 0;
    const cell = (keys[row] as number) * width + level + (truths[row] === FRAUD ? distinct.length : 0);
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  const all = [...counts];
  return {
    levels: distinct.length,
    keys: Int32Array.from(all, ([cell]) => Math.floor(cell / width)),
    places: Int32Array.from(all, ([cell]) => cell % width),
    counts: Float64Array.from(all, ([, count]) => count),
  };
}

function figuresOf({ levels, keys, places, counts }: Cells, weights: Uint8Array): Draw[number] | null {
  const sums = new Float64Array(2 * levels);
  for (let cell = 0; cell < keys.length; cell++) {
    const place = places[cell] as number;
    sums[place] = (sums[place] as number) + (counts[cell] as number) * (weights[keys[cell] as number] as number);
  }
  const drawn: Weights = { legit: sums.subarray(0, levels), frauds: sums.subarray(levels) };
  const [auc, averagePrecision] = [aucOf(drawn), averagePrecisionOf(drawn)];
  return auc === null || averagePrecision === null ? null : { auc, averagePrecision };
}

function poissonWeights(count: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: count }, () => poisson(random.unit()));
}

/** The Poisson variable of mean 1 whose distribution function first passes `unit`, a number in [0, 1). */
export function poisson(unit: number): number {
  let [weight, chance] = [0, Math.exp(-1)];
  for (let left = unit - chance; left >= 0 && weight < WEIGHT_MAX; left -= chance) {
    weight += 1;
    chance /= weight;
  }
  return weight;
}

/** Standard deviation of draws. */
function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
