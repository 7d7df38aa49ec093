import type { Comparison } from '../compare.ts';
import type { BacktestSummary } from '../summary.ts';
import { alertsPlot, fraudsPlot, precisionRecallPlot, rocPlot, scoresPlot, weeklyPlot } from './charts.ts';
import { countText, errorText } from './figures.ts';
import { html, Markup, type Part } from './markup.ts';
import { type Plot, plotMarkup } from './plot.ts';
import { STYLE } from './style.ts';
import * as tables from './tables.ts';

/** A report as one HTML file that needs nothing else: style and charts are in it, and it asks for nothing from anywhere. */
export function reportPage(summary: BacktestSummary, comparison?: Comparison): string {
  const { rule_set, notes } = summary;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
<title>Back-test of ${rule_set}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>Back-test of ${rule_set}</h1>
${introduction(summary)}
${notes.length === 0 ? '' : html`<ul class="notes" aria-label="Notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
${tables.tableMarkup(tables.figuresTable(summary))}
${folded('Card precision by day', tables.cardPrecisionTable(summary))}
${comparison === undefined ? '' : html`<h2>Beside ${comparison.base}</h2>${tables.comparisonTables(comparison).map(tables.tableMarkup)}`}
<h2>Scores</h2>
<div class="charts">${rankingFigures(summary)}</div>
${tables.tableMarkup(tables.thresholdsTable(summary))}
<h2>Days and money</h2>
<div class="charts">${figure(alertsPlot(summary), 'What was reviewed or declined.')}${figure(fraudsPlot(summary), 'The table holds both charts.', tables.dailyTable(summary))}</div>
${tables.tableMarkup(tables.moneyTable(summary))}
<h2>Rules</h2>
${tables.tableMarkup(tables.rulesTable(summary))}
<div class="charts">${figure(weeklyPlot(summary), 'A rule whose precision falls week by week has worn out. The six rules with most frauds; the table holds all.', tables.weeklyTable(summary))}</div>
${folded('How the rules overlap', tables.overlapTable(summary))}
</main>
</body>
</html>
`;
  return page.text;
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

function figure(plot: Plot | null, caption: string, table?: tables.Table): Part {
  if (plot === null) return '';
  return html`<figure><h3>${plot.title}</h3>
${plotMarkup(plot)}
<figcaption>${caption}</figcaption>
${table === undefined ? '' : folded('Figures', table)}
</figure>
`;
}

function folded(title: string, table: tables.Table): Part {
  if (table.rows.length === 0) return '';
  return html`<details><summary>${title}</summary>${tables.tableMarkup(table)}</details>`;
}
