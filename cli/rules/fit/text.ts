import { formatTime } from '../../../core/events/timestamp.ts';
import { percentText } from '../../../core/report/figures.ts';
import { type FittedScorecard, topScore } from '../../../core/scorecard/fit.ts';
import { bandText } from '../../../core/scorecard/rules.ts';
import type { DraftLine } from '../../../local/scorecard/draft.ts';
import { backtestText } from '../../backtest/text.ts';
import { columnsText, thingsText } from '../../output.ts';
import type { FitResult } from './result.ts';

/** A fit for a person at a terminal: the table, what it would have done, what was written. */
export function fitText(result: FitResult): string {
  const { fitted, range, thresholds, notes, test, written } = result;
  const { rows, frauds, card } = fitted;
  const { fromMs, toMs, knownByMs } = range.cut;
  return [
    `Scorecard ${card.id}, learnt from ${thingsText(rows, 'transaction')} with ${thingsText(frauds, 'fraud')},`,
    `${formatTime(fromMs)} up to ${formatTime(toMs)}, by labels known before ${formatTime(knownByMs)}.`,
    ...notes.map((note) => `  ${note}`),
    '',
    tableText(fitted),
    'The points of all lines that hold add up; 7 more double the odds of fraud.',
    `Half of these transactions were fraud ${fromText(fitted, thresholds.reviewPoints)}, nine in ten ${fromText(fitted, thresholds.declinePoints)}.`,
    '',
    ...(test === undefined ? [] : [test.about, '', backtestText(test.summary, test.comparison)]),
    ...(written === undefined ? [] : [writtenText(written.dir, written.lines)]),
  ].join('\n');
}

function tableText({ entries }: FittedScorecard): string {
  const lines = entries.flatMap(({ spec, bins }) =>
    bins.map((bin, i) => [
      ...[i === 0 ? spec.name : '', `${bandText(bin)}${bin.hasMissing ? ' or none' : ''}`],
      ...[bin.points, bin.rows, bin.frauds, percentText(bin.rows === 0 ? null : bin.frauds / bin.rows).padStart(7)],
    ]),
  );
  return columnsText([['value', 'bin', 'points', 'transactions', 'frauds', '  fraud'], ...lines]);
}

function fromText(fitted: FittedScorecard, points: number): string {
  return points > topScore(fitted) ? 'from no number of points on' : `from ${thingsText(points, 'point')} on`;
}

function writtenText(dir: string, lines: readonly DraftLine[]): string {
  const rows = lines.map(({ id, version, status, change }) => [id, version, status, change === 'status' ? 'other status' : change]);
  return `${dir}/rules:\n${columnsText([['rule', 'version', 'status', 'what'], ...rows])}`;
}
