import type { BackfillPlan, BackfillReport, Summary } from '../../local/backfill/backfills.ts';
import { type BackfillCost, backfillCost } from '../cost/backfill.ts';
import { loadPrices } from '../cost/prices.ts';
import { columnsText, countText, thingsText } from '../output.ts';

const HOUR_MS = 3_600_000;
const time = (ms: number): string => new Date(ms).toISOString().replace(':00.000Z', 'Z');

/** A plan in words. */
export function planText(plan: BackfillPlan): string {
  const { mode, range, read, tables, events, slices, merges, parts, shards, estimate } = plan;
  return columnsText([
    ['', ''],
    ['mode', mode],
    ['range', `${time(range.fromMs)} to ${time(range.toMs)}`],
    ['events read', `${countText(events)}, from ${time(read.fromMs)} to ${time(read.toMs)}`],
    ['history', `${Math.round((range.fromMs - read.fromMs) / HOUR_MS)} hours before the range, for features and repeats`],
    ['tables', tables.join(', ')],
    [
      'steps',
      `${shards.length} shards to check, ${slices} slices of keys, ${merges.length} stretches of time, ${parts.length} comparisons`,
    ],
    ['expected', `${estimate.cpuSeconds.toFixed(0)} s of CPU, by ${speedText(estimate.backfills)}`],
    ['on AWS', costText(backfillCost(plan, loadPrices()))],
  ]);
}

function speedText(backfills: number): string {
  return backfills === 0 ? 'a benchmark: no backfill of this size has run here' : `${thingsText(backfills, 'earlier backfill')} here`;
}

function costText({ services, usd, usdPerMillion }: BackfillCost): string {
  const parts = services.map((one) => `${one.service} ${one.usd.toFixed(2)}`).join(', ');
  return `about ${usd.toFixed(2)} dollars (${parts}), ${usdPerMillion.toFixed(2)} a million events`;
}

/** Differences in words. */
export function summaryText(summary: Summary): string {
  const rows = summary.tables.map(({ table, before, added, changed, removed }) => [table, before, added, changed, removed]);
  const sample = summary.sample.slice(0, 5).map(({ table, kind, id }) => `  ${table} ${kind}: ${id}\n`);
  const faults = summary.faultsShown.slice(0, 5).map(({ shardId, position, message }) => `  ${shardId} ${position}: ${message}\n`);
  return [
    columnsText([['table', 'rows', 'added', 'changed', 'removed'], ...rows]),
    ...(sample.length === 0 ? [] : ['Such as:\n', ...sample]),
    ...(faults.length === 0 ? [] : ['Judged otherwise than recorded:\n', ...faults]),
    ...(summary.contested === 0
      ? []
      : [`Not compared: ${thingsText(summary.contested, 'row')} of keys that several shards had by turns.\n`]),
    ...(summary.sketches === 0
      ? []
      : [
          `Equal within their error: counts of different keys in ${thingsText(summary.sketches, 'row')}, estimated before a key among them was erased.\n`,
        ]),
  ].join('');
}

/** How a backfill ended, in words. */
export function reportText(done: BackfillReport, summary: Summary | undefined): string {
  const table = summary === undefined ? '' : summaryText(summary);
  if (done.failure !== undefined) return `${table}Nothing that is published was changed.\n`;
  const differences = done.added + done.changed + done.removed;
  if (done.published > 0) return `${table}${thingsText(done.published, 'hour')} published anew.\n`;
  return `${table}${differences === 0 ? 'Every row is as it must be.' : 'Nothing was published.'}\n`;
}
