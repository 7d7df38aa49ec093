import { describe, expect, test } from 'vitest';
import { compare } from '../../../../core/backtest/compare.ts';
import { reportPage } from '../../../../core/backtest/report/page.ts';
import { type BacktestSummary, summarize } from '../../../../core/backtest/summary.ts';
import { tableOf } from '../rows.ts';
import { SAMPLE_OPTIONS, sampleSketches, sampleSummary, sampleTable } from '../sample.ts';
import { checkMarkup } from './well-formed.ts';

const summary = sampleSummary();
const page = reportPage(summary);
const [a, b] = [sampleTable(), sampleTable(4)];
const candidate = { table: b, summary: summarize(b, { ...SAMPLE_OPTIONS, ruleSet: 'v13' }) };
const compared = reportPage(candidate.summary, compare({ table: a, summary }, candidate, { protocol: SAMPLE_OPTIONS }));
const unlabelled = reportPage(summarize(tableOf([{ at: 5, fraud: null }]), SAMPLE_OPTIONS));
const empty = reportPage(summarize(tableOf([]), SAMPLE_OPTIONS));
const PAGES = { page, compared, unlabelled, empty };

/** The visible text of a page, with one space between words. */
const textOf = (markup: string): string =>
  markup
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the report page', () => {
  test.each(Object.entries(PAGES))('%s is well formed, with each id once, and has no value that is none', (_, markup) => {
    const { ids } = checkMarkup(markup);
    expect(new Set(ids).size).toBe(ids.length);
    expect(markup).not.toMatch(/NaN|undefined|Infinity/);
  });

  test.each(Object.entries(PAGES))('%s asks for nothing from anywhere', (_, markup) => {
    expect(markup).not.toMatch(/https?:|\/\/|<script|<link|<img|<iframe|@import|url\(|\bsrc=|\bhref=|\bon\w+=/i);
  });

  test('holds the figures of the summary', () => {
    const text = textOf(page);
    expect(text).toContain(`AUC) ${summary.auc?.toFixed(3)} ± ${summary.standard_error.auc?.toFixed(3)} 1.000`);
    expect(text).toContain(`average precision ${summary.average_precision?.toFixed(3)} ±`);
    expect(text).toContain(`(CP@100) ${summary.cp_at_100?.toFixed(3)} ${summary.ceiling.cp_at_100?.toFixed(3)}`);
    expect(text).toContain(`${summary.frauds} frauds, ${summary.legit.toLocaleString('en-US')} legitimate`);
    for (const { day } of summary.daily) expect(text).toContain(day);
    for (const { score } of summary.thresholds) expect(text).toMatch(new RegExp(` ${score}( \\((review|decline)\\))? [\\d.]+ `));
    for (const { rule, fired } of summary.rules) expect(text).toContain(`${rule} ${fired} `);
    const near = summary.rules[0]?.near_misses;
    expect(near?.frauds).toBeGreaterThan(0);
    expect(text).toMatch(new RegExp(`amount .* ${near?.count} ${near?.frauds} [\\d,]+\\.\\d\\d EUR`));
  });

  test('states range, label delay, rule set, and that the data is simulated, if it is', () => {
    const text = textOf(page);
    expect(text).toContain('Rule set v12 over');
    expect(text).toContain('from 2026-01-07T00:00:00.000Z up to 2026-01-19T00:00:00.000Z (12 days)');
    expect(text).toContain('known 1 days after its transaction');
    expect(text).toContain('The data is simulated.');
    expect(textOf(reportPage({ ...summary, simulated: false, notes: [] }))).not.toContain('simulated');
  });

  test('each chart has a title, a description, labels of both axes and a caption', () => {
    const figures = page.match(/<figure>[\s\S]*?<\/figure>/g) ?? [];
    expect(figures.map((figure) => /<svg[^>]*aria-labelledby="([\w-]+)-title \1-description"/.exec(figure)?.[1])).toEqual([
      ...['roc', 'precision-recall', 'scores', 'alerts', 'frauds', 'weekly'],
    ]);
    for (const figure of figures) {
      expect(figure).toMatch(/<title id="[\w-]+-title">[^<]+<\/title><desc id="[\w-]+-description">[^<]+<\/desc>/);
      expect(figure.match(/class="label"/g)).toHaveLength(2);
      expect(figure).toMatch(/<figcaption>[^<]+<\/figcaption>/);
    }
  });

  test('marks stay inside their charts', () => {
    const numbers = [...page.matchAll(/\b(?:cx|x1|x2|x)="(-?[\d.]+)"/g)].map(([, x]) => Number(x));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(560);
    const heights = [...page.matchAll(/\b(?:cy|y1|y2|y)="(-?[\d.]+)"/g)].map(([, y]) => Number(y));
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...heights)).toBeLessThanOrEqual(340);
  });

  test('the ROC curve goes from one corner to the other', () => {
    const points = /<polyline class="line fraud" points="([^"]*)"/.exec(page)?.[1]?.split(' ') ?? [];
    expect([points[0], points.at(-1)]).toEqual(['80,284', '544,16']);
    expect(points.length).toBe(summary.thresholds.length + 1);
  });

  test('without labels there are no curves, and the notes say why', () => {
    expect(unlabelled).not.toMatch(/id="(roc|precision-recall|scores|weekly)-title"/);
    expect(textOf(unlabelled)).toContain('None of the 1 transactions has a label');
  });

  test('a comparison stands in it', () => {
    expect(textOf(compared)).toContain('v13 beside v12');
    expect(textOf(compared)).toContain('Transactions whose outcome differs');
  });

  test('names of rules and versions that are markup stay text', () => {
    const hostile = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'&amp;\u0000\ud800"];
    const evil: BacktestSummary = summarize(tableOf(sampleSketches(0, hostile.slice(0, 2))), {
      ...SAMPLE_OPTIONS,
      ...{ rules: hostile, ruleSet: '</title><script>alert(2)</script>' },
    });
    const markup = reportPage(evil);
    checkMarkup(markup);
    expect(markup).not.toMatch(/<script|<img/i);
    expect(markup).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(markup).toContain('&#39;&amp;amp;\ufffd\ufffd');
  });
});
