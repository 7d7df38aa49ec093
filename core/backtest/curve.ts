import { FRAUD, LEGIT, type ScoredTable } from './scored.ts';

/** Rows by distinct score, the highest first: everything that a curve of a score is made of. */
export interface ScoreLevels {
  readonly scores: Float64Array;
  /** Rows of each level, by truth. */
  readonly frauds: Float64Array;
  readonly legit: Float64Array;
  readonly unlabelled: Float64Array;
}

/** What declaring all rows from one score on as alerts would have meant. */
export interface ThresholdRow {
  readonly score: number;
  /** Labelled rows at or above the score. */
  readonly frauds: number;
  readonly legit: number;
  /** Of the labelled alerts the share that is fraud; null without any. */
  readonly precision: number | null;
  /** Of the frauds the share that is alerted; null without any. */
  readonly recall: number | null;
  readonly f1: number | null;
  /** Of the legitimate rows the share that is alerted. */
  readonly false_positive_rate: number | null;
  /** Rows at or above the score, unlabelled ones among them, by day of the range. */
  readonly alerts_per_day: number;
}

/** Counts rows by distinct score. */
export function scoreLevels({ scores: all, truths }: ScoredTable, rows: Int32Array): ScoreLevels {
  const scores = distinctScores(all, rows);
  const levelOf = new Map(Array.from(scores, (score, level) => [score, level]));
  const [frauds, legit, unlabelled] = [0, 0, 0].map(() => new Float64Array(scores.length)) as [Float64Array, Float64Array, Float64Array];
  for (const row of rows) {
    const counts = truths[row] === FRAUD ? frauds : truths[row] === LEGIT ? legit : unlabelled;
    const level = levelOf.get(all[row] as number) as number;
    counts[level] = (counts[level] as number) + 1;
  }
  return { scores, frauds, legit, unlabelled };
}

/** Scores that occur in rows, the highest first. */
export function distinctScores(scores: Float64Array, rows: Int32Array): Float64Array {
  const seen = new Set<number>();
  for (const row of rows) seen.add(scores[row] as number);
  return Float64Array.from(seen).sort().reverse();
}

/** Counts or weights of frauds and legitimate rows by level, the highest score first. */
export type Weights = Pick<ScoreLevels, 'frauds' | 'legit'>;

/** Sum of an array. */
export function total(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/**
 * Area under the ROC curve: the chance that a fraud scores higher than a legitimate row, ties counting half. Null without frauds or without
 * legitimate rows.
 */
export function aucOf({ frauds, legit }: Weights): number | null {
  let [fraudsAbove, pairs] = [0, 0];
  for (let level = 0; level < frauds.length; level++) {
    const here = frauds[level] as number;
    pairs += (legit[level] as number) * (fraudsAbove + here / 2);
    fraudsAbove += here;
  }
  const all = fraudsAbove * total(legit);
  return all === 0 ? null : pairs / all;
}

/**
 * Average precision: the sum over thresholds, the highest first, of the gain in recall times the precision there. Each distinct score is one
 * threshold, so that rows of equal score come together and their order is no matter; nothing is interpolated. Null without frauds.
 */
export function averagePrecisionOf({ frauds, legit }: Weights): number | null {
  let [caught, alerts, sum] = [0, 0, 0];
  for (let level = 0; level < frauds.length; level++) {
    const here = frauds[level] as number;
    caught += here;
    alerts += here + (legit[level] as number);
    if (here > 0) sum += (here * caught) / alerts;
  }
  return caught === 0 ? null : sum / caught;
}

/** A row for each distinct score and each of `points`, the highest first. */
export function thresholdRows(
  levels: ScoreLevels,
  { days, points }: { readonly days: number; readonly points: readonly number[] },
): ThresholdRow[] {
  const [allFrauds, allLegit] = [total(levels.frauds), total(levels.legit)];
  const thresholds = [...new Set([...levels.scores, ...points])].sort((a, b) => b - a);
  let [level, frauds, legit, alerts] = [0, 0, 0, 0];
  return thresholds.map((score) => {
    for (; level < levels.scores.length && (levels.scores[level] as number) >= score; level++) {
      frauds += levels.frauds[level] as number;
      legit += levels.legit[level] as number;
      alerts += (levels.frauds[level] as number) + (levels.legit[level] as number) + (levels.unlabelled[level] as number);
    }
    return {
      ...{ score, frauds, legit, ...qualityOf({ frauds, legit, allFrauds }) },
      ...{ false_positive_rate: ratio(legit, allLegit), alerts_per_day: alerts / days },
    };
  });
}

/** Precision, recall and their harmonic mean of alerts on labelled rows. */
export function qualityOf({ frauds, legit, allFrauds }: { readonly frauds: number; readonly legit: number; readonly allFrauds: number }): {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
} {
  const f1 = allFrauds === 0 ? null : (2 * frauds) / (frauds + legit + allFrauds);
  return { precision: ratio(frauds, frauds + legit), recall: ratio(frauds, allFrauds), f1 };
}

/** A share; null of nothing. */
export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
