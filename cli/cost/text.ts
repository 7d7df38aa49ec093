import { columnsText, countText } from '../output.ts';
import * as constants from './constants.ts';
import type { LimitReport } from './limits.ts';
import type { CostReport } from './model.ts';
import type { PriceName, PriceTable } from './prices.ts';
import type { Offered } from './workload.ts';

/** What the figures rest on, one sentence each. */
export function assumptionsOf({ size, shape }: Offered): string[] {
  const many = shape.slices.find(({ groups }) => groups !== constants.FEW_GROUPS);
  const c = constants;
  return [
    `Size ${size.name}: batches gather for ${size.batchingWindowS} s, the processor has ${countText(size.processorMb)} MB, delivery buffers ${size.deliveryBufferS} s.`,
    `One event a record; limits are used to ${c.USE_SHARE * 100} %; the rate is steady all month of ${c.MONTH_HOURS} hours.`,
    `CPU: ${c.EVENT_CPU_US} µs an event (README, "How fast"), ${c.WRITE_CPU_US} µs a write through the SDK (measured against a local server).`,
    'State: on-demand table, one profile write an event, one link for each slice that a batch touches, compressed; sizes are measured.',
    ...(many === undefined
      ? []
      : [`Groups of ${many.name}: ${countText(many.groups)} (--groups); those of aggregates by places and channels: ${c.FEW_GROUPS}.`]),
    `Profiles: ${countText(c.CUSTOMERS)} of ${countText(c.PROFILE_BYTES)} bytes. Alerts: ${(c.ALERT_SHARE * 100).toFixed(1)} % of events (the handbook file).`,
    `Storage: what one month adds, compacted to ${Math.round(c.COMPACTED_SHARE * 100)} %, kept for one month (each further month costs it again); landing files and replaced generations for ${shape.generationsDays} days, their old versions for ${size.oldVersionsDays} more.`,
    `Compaction: ${c.COMPACTION_ROW_US} µs CPU a row (docs/lake.md), each hour of a table ${c.COMPACTIONS_OF_HOUR} times, a look at all tables every ${c.COMPACTION_TICK_S / 60} minutes; ${countText(size.compactionMb)} MB.`,
    `Athena: ${countText(c.QUERIES_MONTH)} queries a month, each over one day of decisions. No free tier, no discounts, no data transfer, no tax.`,
  ];
}

/** The report for a person. */
export function costText(report: CostReport, offered: Offered, table: PriceTable): string {
  const services = report.services.map(({ service, cents }) => [service, usd(cents), perMillion(cents, offered)]);
  const head = ['service', 'USD a month', 'USD a million events'];
  const bill = rightText([head, ...services, ['all', usd(report.totalCents), perMillion(report.totalCents, offered)]]);
  const { provisioned, onDemand } = report.streamCents;
  const cheaper = provisioned <= onDemand ? 'provisioned shards are cheaper' : 'on-demand is cheaper';
  return [
    `${countText(offered.ratePerS)} events a second of ${countText(offered.bytes)} bytes, pipeline ${offered.shape.name}, size ${offered.size.name}:\n\n`,
    bill,
    `\nOf it compaction, and what it keeps for looking back: ${usd(report.compactionCents)}.\n`,
    `\nShards: ${shardsText(report)}. The stream alone: ${usd(provisioned)} as deployed, ${usd(onDemand)} on demand; ${cheaper} at a steady rate.\n\n`,
    rightText([['limit', 'met at events/s', 'used', 'allowed', 'remedy'], ...report.limits.map(limitRow)]),
    `\n${firstText(report.limits)}\n\nAssumptions:\n`,
    ...assumptionsOf(offered).map((line) => `- ${line}\n`),
    `\nList prices of ${table.region}, table of ${table.date} (cli/cost/prices.json; pages named there). ${unreadText(report, table)}\n`,
  ].join('');
}

function shardsText({ shards, shardsNeeded }: CostReport): string {
  return shards === shardsNeeded ? String(shards) : `${shards}, which cost less than the ${shardsNeeded} that are needed`;
}

function limitRow({ name, metAtPerS, used, allowed, remedy }: LimitReport): string[] {
  return [name, metAtPerS === null ? 'never' : countText(Math.floor(metAtPerS)), amount(used), amount(allowed), remedy];
}

function firstText(limits: readonly LimitReport[]): string {
  const passed = limits.filter(({ used, allowed }) => used >= allowed);
  const [first] = limits;
  const met =
    first?.metAtPerS == null
      ? 'No limit is met.'
      : `Met first, with one shard: ${first.name}, at ${countText(Math.floor(first.metAtPerS))} events a second.`;
  return passed.length === 0 ? met : `${met}\n${passed.map(({ name, remedy }) => `Passed at this rate: ${name}; ${remedy}.`).join('\n')}`;
}

/** Prices in use that nobody read for the table. */
export function unreadPrices({ lines }: CostReport, { prices }: PriceTable): PriceName[] {
  return [...new Set(lines.map(({ price }) => price))].filter((price) => prices[price].basis === 'unread');
}

function unreadText(report: CostReport, table: PriceTable): string {
  const unread = unreadPrices(report, table);
  return unread.length === 0 ? '' : `Look these up before you rely on them: ${unread.join(', ')}.`;
}

function usd(cents: number): string {
  return (cents / 100).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function perMillion(cents: number, { ratePerS }: Offered): string {
  return ((cents / 100 / (ratePerS * constants.MONTH_S)) * 1e6).toFixed(4);
}

function amount(value: number): string {
  return countText(value < 100 ? Math.round(value * 10) / 10 : Math.round(value));
}

/** Columns with figures written as text set to the right. */
function rightText(rows: readonly (readonly string[])[]): string {
  const isFigure = (rows[0] ?? []).map((_, i) => rows.slice(1).every((row) => /^[\d,.]+$|^never$/.test(row[i] ?? '')));
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const padded = rows.map((row) => row.map((cell, i) => (isFigure[i] ? cell.padStart(widths[i] ?? 0) : cell)));
  return columnsText(padded);
}
