import { FiredSets, OUTCOMES, type ScoredTable } from '../backtest/scored.ts';
import type { Thresholds } from '../definition/pipeline.ts';
import { type FittedScorecard, scoreOf } from './fit.ts';
import { firedIn } from './rules.ts';

/** Rows of a back-test as a scorecard scores them: the bins of each row, and the points that decide. Lists are not asked. */
export function scoredBy(
  table: ScoredTable,
  places: readonly string[],
  { fitted, thresholds }: { readonly fitted: FittedScorecard; readonly thresholds: Thresholds },
): ScoredTable {
  const sets = new FiredSets();
  const [scores, outcomes, firedSets] = [new Float64Array(table.count), new Uint8Array(table.count), new Int32Array(table.count)];
  for (const [row, one] of places.entries()) {
    const score = scoreOf(fitted, one);
    scores[row] = score;
    outcomes[row] = OUTCOMES.indexOf(
      score >= thresholds.declinePoints ? 'decline' : score >= thresholds.reviewPoints ? 'review' : 'approve',
    );
    firedSets[row] = sets.of(firedIn(fitted, one));
  }
  return { ...table, scores, outcomes, firedSets, firedNames: sets.values };
}
