import { documentText, figureMarkup as figure } from '../../report/document.ts';
import { countText, errorText } from '../../report/figures.ts';
import { html, type Markup, type Part } from '../../report/markup.ts';
import { foldedTable as folded, tableMarkup } from '../../report/table.ts';
import type { Comparison } from '../compare.ts';
import type { BacktestSummary } from '../summary.ts';
import { alertsPlot, fraudsPlot, precisionRecallPlot, rocPlot, scoresPlot, weeklyPlot } from './charts.ts';
import * as tables from './tables.ts';

/** A back-test as a page of its own. */
export function reportPage(summary: BacktestSummary, comparison?: Comparison): string {
  const { rule_set, notes } = summary;
  const body = html`${introduction(summary)}
${notes.length === 0 ? '' : html`<ul class="notes" aria-label="Notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
${tableMarkup(tables.figuresTable(summary))}
${folded('Card precision by day', tables.cardPrecisionTable(summary))}
${comparison === undefined ? '' : html`<h2>Beside ${comparison.base}</h2>${tables.comparisonTables(comparison).map(tableMarkup)}`}
<h2>Scores</h2>
<div class="charts">${rankingFigures(summary)}</div>
${tableMarkup(tables.thresholdsTable(summary))}
<h2>Days and money</h2>
<div class="charts">${figure(alertsPlot(summary), 'What was reviewed or declined.')}${figure(fraudsPlot(summary), 'The table holds both charts.', tables.dailyTable(summary))}</div>
${tableMarkup(tables.moneyTable(summary))}
<h2>Rules</h2>
${tableMarkup(tables.rulesTable(summary))}
<div class="charts">${figure(weeklyPlot(summary), 'A rule whose precision falls week by week has worn out. The six rules with most frauds; the table holds all.', tables.weeklyTable(summary))}</div>
${folded('How the rules overlap', tables.overlapTable(summary))}`;
  return documentText(`Back-test of ${rule_set}`, body);
}

function introduction(summary: BacktestSummary): Markup {
  const { rule_set, from, to, days, label_delay_days, known_days, simulated } = summary;
  return html`<p>Rule set <strong>${rule_set}</strong> over ${countText(summary.transactions)} transactions from ${from} up to ${to} (${countText(days)} days):
${countText(summary.frauds)} frauds, ${countText(summary.legit)} legitimate, ${countText(summary.unlabelled)} without a label.${simulated ? html` <strong>The data is simulated.</strong>` : ''}</p>
<p class="soft">A label counts as known ${label_delay_days} days after its transaction. Cards known as compromised are left
out: on a day, those with a fraud from ${label_delay_days + known_days} days before the range to ${label_delay_days + 1} days before that day
(${countText(summary.removed_transactions)} transactions of ${countText(summary.removed_cards)} cards). Standard errors come from drawing whole cards.</p>`;
}

function rankingFigures(summary: BacktestSummary): Part {
  const { auc, average_precision, standard_error } = summary;
  return [
    figure(
      rocPlot(summary),
      `Area under the curve ${errorText(auc, standard_error.auc)}; equal scores count half. The table of thresholds holds the figures.`,
    ),
    figure(
      precisionRecallPlot(summary),
      `Average precision ${errorText(average_precision, standard_error.average_precision)}, the area under the steps; equal scores come together. The table of thresholds holds the figures.`,
    ),
    figure(
      scoresPlot(summary),
      'Logarithmic: a bar a step higher stands for ten times as many. The further the two are apart, the better the scores tell.',
      tables.scoresTable(summary),
    ),
  ];
}
