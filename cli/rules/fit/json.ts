import { formatTime } from '../../../core/events/timestamp.ts';
import type { FittedScorecard } from '../../../core/scorecard/fit.ts';
import type { FitResult } from './result.ts';

/** A fit for programs, one line. */
export function fitJson({ fitted, range, thresholds, isSimulated, notes, test, written }: FitResult): object {
  const { fromMs, toMs, knownByMs } = range.cut;
  return {
    ...{ scorecard: fitted.card.id, simulated: isSimulated },
    ...{ from: formatTime(fromMs), to: formatTime(toMs), known_by: formatTime(knownByMs), label_delay_days: range.labelDelayDays },
    ...{ transactions: fitted.rows, frauds: fitted.frauds, table: tableJson(fitted), dropped: fitted.dropped },
    ...{ review_points: thresholds.reviewPoints, decline_points: thresholds.declinePoints, notes },
    test:
      test === undefined
        ? null
        : {
            ...{ from: formatTime(range.testFromMs), to: formatTime(range.testToMs) },
            ...{ learnt_to: formatTime(range.testCut.toMs), learnt_by: formatTime(range.testCut.knownByMs) },
            ...{ table: tableJson(test.fitted), figures: test.summary, current: test.current, comparison: test.comparison },
          },
    written: written?.lines ?? null,
  };
}

function tableJson({ entries }: FittedScorecard): object[] {
  return entries.flatMap(({ spec, bins }) =>
    bins.map(({ from, below, hasMissing, points, rows, frauds }) => ({
      ...{ name: spec.name, of: spec.of, from, below, has_missing: hasMissing },
      ...{ points, transactions: rows, frauds },
    })),
  );
}
