import type { Thresholds } from '../definition/pipeline.ts';
import { type FittedScorecard, scoreOf, topScore } from './fit.ts';
import type { PatternCount } from './grouping.ts';

/** Of the training rows with at least the points for a review so many were fraud, and with those for a decline so many. */
const SHARES = { review: 0.5, decline: 0.9 } as const;

/**
 * Points from which on a person should look, and from which on it may be declined: the least from which on half of all training rows, and nine in
 * ten of them, were fraud. One more than the table can give where there is no such score.
 */
export function suggestedThresholds(fitted: FittedScorecard, counts: readonly PatternCount[]): Thresholds {
  const levels = levelsOf(fitted, counts);
  const never = topScore(fitted) + 1;
  const least = (share: number): number => levels.findLast(({ rows, frauds }) => frauds >= share * rows)?.score ?? never;
  return { reviewPoints: least(SHARES.review), declinePoints: least(SHARES.decline) };
}

/** Scores above 0, the highest first, with the rows that have at least so many points. */
function levelsOf(fitted: FittedScorecard, counts: readonly PatternCount[]): { score: number; rows: number; frauds: number }[] {
  const byScore = new Map<number, { rows: number; frauds: number }>();
  for (const { places, rows, frauds } of counts) {
    const score = scoreOf(fitted, places);
    const known = byScore.get(score) ?? { rows: 0, frauds: 0 };
    byScore.set(score, { rows: known.rows + rows, frauds: known.frauds + frauds });
  }
  let [rows, frauds] = [0, 0];
  return [...byScore]
    .filter(([score]) => score > 0)
    .sort(([a], [b]) => b - a)
    .map(([score, own]) => {
      rows += own.rows;
      frauds += own.frauds;
      return { score, rows, frauds };
    });
}
