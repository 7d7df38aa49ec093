import { countAxis, logAxis, namedAxis, shareAxis } from '../../report/axis.ts';
import { countText, figureText } from '../../report/figures.ts';
import type { Mark, Plot, Point } from '../../report/plot.ts';
import type { BacktestSummary } from '../summary.ts';

/** Score bins of a chart; more are thinner than can be told apart. */
const BINS_MAX = 40;
/** Lines that can be told apart by colour. */
const RULES_MAX = 6;

/** The ROC curve; null without a value. */
export function rocPlot({ thresholds, auc, review_points, decline_points }: BacktestSummary): Plot | null {
  if (auc === null) return null;
  const at = (row: BacktestSummary['thresholds'][number]): Point => [row.false_positive_rate ?? 0, row.recall ?? 0];
  return {
    ...{ id: 'roc', title: 'ROC curve', x: shareAxis('legitimate transactions alerted (share)'), y: shareAxis('frauds alerted (share)') },
    description: `Share of frauds alerted against share of legitimate transactions alerted, for every threshold. The area under it is ${figureText(auc)}; chance is 0.5.`,
    marks: [
      {
        kind: 'line',
        series: 'chance',
        points: [
          [0, 0],
          [1, 1],
        ],
      },
      { kind: 'line', series: 'fraud', points: [[0, 0], ...thresholds.map(at)] },
      ...pointDots({ thresholds, review_points, decline_points }, at),
    ],
    legend: [
      { series: 'fraud', text: 'this rule set' },
      { series: 'chance', text: 'chance' },
    ],
  };
}

/** Precision against recall; null without a value. */
export function precisionRecallPlot(summary: BacktestSummary): Plot | null {
  const { thresholds, average_precision, frauds, legit } = summary;
  if (average_precision === null) return null;
  const share = frauds / (frauds + legit);
  // Steps, as average precision sums them: the precision of a threshold holds for the recall that it adds.
  const steps = thresholds.flatMap((row, i): Point[] => {
    if (row.precision === null) return [];
    return [
      [thresholds[i - 1]?.recall ?? 0, row.precision],
      [row.recall ?? 0, row.precision],
    ];
  });
  return {
    ...{ id: 'precision-recall', title: 'Precision and recall', x: shareAxis('recall: frauds alerted (share)') },
    y: shareAxis('precision: alerts that are fraud (share)'),
    description: `Precision against recall, for every threshold. Average precision is ${figureText(average_precision)}; chance is ${figureText(share)}, the share of frauds.`,
    marks: [
      {
        kind: 'line',
        series: 'chance',
        points: [
          [0, share],
          [1, share],
        ],
      },
      { kind: 'line', series: 'fraud', points: steps },
      ...pointDots(summary, (row) => [row.recall ?? 0, row.precision ?? 0]),
    ],
    legend: [
      { series: 'fraud', text: 'this rule set' },
      { series: 'chance', text: 'chance' },
    ],
  };
}

function pointDots(
  { thresholds, review_points, decline_points }: Pick<BacktestSummary, 'thresholds' | 'review_points' | 'decline_points'>,
  at: (row: BacktestSummary['thresholds'][number]) => Point,
): Mark[] {
  const points = [
    ['review', review_points],
    ['decline', decline_points],
  ] as const;
  return points.flatMap(([name, score]): Mark[] => {
    const row = thresholds.find((threshold) => threshold.score === score);
    if (row === undefined || row.frauds + row.legit === 0) return [];
    return [{ kind: 'dot', series: name, at: at(row), text: `${name}, from ${score} points` }];
  });
}

/** Days up to which each has a dot. */
const DOTS_MAX = 31;

/** Alerts of each day; apart from the frauds, which they may outnumber so far that these could not be seen. */
export function alertsPlot(summary: BacktestSummary): Plot {
  return dailyPlot(summary, { id: 'alerts', title: 'Alerts a day', series: [['alerts', 'alerts', 'alerts (reviewed or declined)']] });
}

/** Frauds of each day, and those among the alerts. */
export function fraudsPlot(summary: BacktestSummary): Plot {
  const series = [
    ['frauds', 'fraud', 'frauds'],
    ['caught', 'caught', 'frauds among the alerts'],
  ] as const;
  return dailyPlot(summary, { id: 'frauds', title: 'Frauds a day', series });
}

type DailySeries = readonly [figure: 'alerts' | 'frauds' | 'caught', series: string, text: string];

function dailyPlot(
  { daily }: BacktestSummary,
  { series, ...rest }: Pick<Plot, 'id' | 'title'> & { readonly series: readonly DailySeries[] },
): Plot {
  const most = Math.max(0, ...daily.flatMap((row) => series.map(([figure]) => row[figure])));
  const names = daily.map(({ day }) => day.slice(5));
  return {
    ...rest,
    ...{ x: namedAxis('day, UTC', names, 10), y: countAxis('transactions a day', most) },
    description: `${series.map(([, , text]) => text).join('; ')}: each of ${daily.length} days, at most ${countText(most)} a day.`,
    marks: series.map(([figure, name]) => ({
      ...{ kind: 'line', series: name, hasDots: daily.length <= DOTS_MAX },
      points: daily.map((row, i): Point => [i, row[figure]]),
    })),
    legend: series.map(([, name, text]) => ({ series: name, text })),
  };
}

/** Labelled transactions by ranges of score. */
export interface ScoreBin {
  /** Lowest and highest score, both inside. */
  readonly from: number;
  readonly to: number;
  readonly frauds: number;
  readonly legit: number;
}

/** Bins of equal width over the scores that occur, the lowest first; of one point each where there are few. */
export function scoreBins({ thresholds }: Pick<BacktestSummary, 'thresholds'>): ScoreBin[] {
  const levels = thresholds.map((row, i) => ({
    ...{ score: row.score, frauds: row.frauds - (thresholds[i - 1]?.frauds ?? 0), legit: row.legit - (thresholds[i - 1]?.legit ?? 0) },
  }));
  const present = levels.filter(({ frauds, legit }) => frauds + legit > 0);
  const [high, low] = [present[0]?.score, present.at(-1)?.score];
  if (high === undefined || low === undefined) return [];
  const width = Math.ceil((high - low + 1) / BINS_MAX);
  const bins = Array.from({ length: Math.ceil((high - low + 1) / width) }, (_, i) => ({
    ...{ from: low + i * width, to: Math.min(high, low + (i + 1) * width - 1), frauds: 0, legit: 0 },
  }));
  for (const { score, frauds, legit } of present) {
    const bin = bins[Math.floor((score - low) / width)] as (typeof bins)[number];
    bin.frauds += frauds;
    bin.legit += legit;
  }
  return bins;
}

/** How the scores of frauds and of legitimate transactions are spread; null without labels. */
export function scoresPlot(summary: BacktestSummary): Plot | null {
  const bins = scoreBins(summary);
  if (bins.length === 0) return null;
  const names = bins.map(({ from, to }) => (from === to ? String(from) : `${from}…${to}`));
  return {
    ...{
      id: 'scores',
      title: 'Scores of frauds and of legitimate transactions',
      x: namedAxis('score, points', names, names.some((name) => name.length > 4) ? 7 : 20),
    },
    y: logAxis('transactions (logarithmic)', Math.max(...bins.flatMap(({ frauds, legit }) => [frauds, legit]))),
    description: `Number of legitimate and of fraudulent transactions by score, from ${bins[0]?.from} to ${bins.at(-1)?.to} points, on a logarithmic scale.`,
    marks: bins.flatMap(({ frauds, legit }, i): Mark[] => [
      { kind: 'bar', series: 'legit', at: [i, legit], offset: -0.42, width: 0.4 },
      { kind: 'bar', series: 'fraud', at: [i, frauds], offset: 0.02, width: 0.4 },
    ]),
    legend: [
      { series: 'legit', text: 'legitimate' },
      { series: 'fraud', text: 'fraud' },
    ],
  };
}

/** Precision of the rules with most frauds, week by week; null where no rule fired on a labelled transaction. */
export function weeklyPlot({ rules }: BacktestSummary): Plot | null {
  const shown = weeklyRules(rules);
  const weeks = shown[0]?.weeks ?? [];
  if (weeks.length === 0) return null;
  return {
    ...{
      id: 'weekly',
      title: 'Precision of rules by week',
      x: namedAxis(
        'week from',
        weeks.map(({ from }) => from.slice(5)),
        10,
      ),
    },
    y: shareAxis('precision (share of firings that are fraud)'),
    description: `Precision of the ${shown.length} rules with most frauds in each of ${weeks.length} weeks. Weeks in which a rule did not fire are left out.`,
    marks: shown.map((rule, i) => ({
      ...{ kind: 'line', series: `series-${i + 1}`, hasDots: true },
      points: rule.weeks.flatMap(({ precision }, week): Point[] => (precision === null ? [] : [[week, precision]])),
    })),
    legend: shown.map(({ rule }, i) => ({ series: `series-${i + 1}`, text: rule })),
  };
}

function weeklyRules(rules: BacktestSummary['rules']): BacktestSummary['rules'] {
  return rules
    .filter(({ precision }) => precision !== null)
    .toSorted((a, b) => b.frauds - a.frauds)
    .slice(0, RULES_MAX);
}
