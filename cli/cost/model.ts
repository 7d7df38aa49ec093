import { MONTH_HOURS, MONTH_S } from './constants.ts';
import { type LimitReport, limitsOf } from './limits.ts';
import type { PriceName, PriceTable } from './prices.ts';
import { onDemandStream, provisionedStream, type Usage, usagesOf } from './services.ts';
import { type Offered, type Workload, workloadOf } from './workload.ts';

/** One line of the bill. */
export interface CostLine {
  readonly service: string;
  readonly price: PriceName;
  readonly quantity: number;
  readonly part: Usage['part'] | undefined;
  /** Whole cents. */
  readonly cents: number;
}

/** What a workload costs a month, and which limits it meets. */
export interface CostReport {
  readonly lines: readonly CostLine[];
  /** Services in the order of the bill; their cents add up to the total. */
  readonly services: readonly { readonly service: string; readonly cents: number }[];
  readonly totalCents: number;
  /** Of the total: compaction, and what it keeps for looking back. */
  readonly compactionCents: number;
  readonly usdPerMillion: number;
  /** Shards that the bill is made for: as many as are needed, or more where that costs less. */
  readonly shards: number;
  readonly shardsNeeded: number;
  /** The stream alone: as deployed, and in on-demand mode. */
  readonly streamCents: { readonly provisioned: number; readonly onDemand: number };
  /** Limits, the one that is met at the lowest rate first. */
  readonly limits: readonly LimitReport[];
}

const CENTS = 100;

/** Prices a workload. Each line is whole cents, so that sums are exact. */
export function costOf(offered: Offered, table: PriceTable): CostReport {
  const { work, lines, shardsNeeded } = cheapest(offered, table);
  const names = [...new Set(lines.map(({ service }) => service))];
  const services = names.map((service) => ({ service, cents: centsOf(lines.filter((line) => line.service === service)) }));
  const totalCents = centsOf(services);
  return {
    lines,
    services,
    totalCents,
    compactionCents: centsOf(lines.filter(({ part }) => part === 'compaction')),
    usdPerMillion: (totalCents / CENTS / (offered.ratePerS * MONTH_S)) * 1e6,
    shards: work.shards,
    shardsNeeded,
    streamCents: {
      provisioned: centsOf(provisionedStream(work).map((usage) => lineOf(usage, table))),
      onDemand: centsOf(onDemandStream(work).map((usage) => lineOf(usage, table))),
    },
    limits: limitsOf(work),
  };
}

interface Priced {
  readonly work: Workload;
  readonly lines: readonly CostLine[];
  readonly shardsNeeded: number;
}

/**
 * The cheapest number of shards that carries the load. On more shards each has smaller windows to merge, which may save more than
 * the shards cost. All loads choose from the same numbers, and on each number a greater load costs more: so the bill of a greater load is
 * never lower.
 */
function cheapest(offered: Offered, table: PriceTable): Priced {
  const shardsNeeded = workloadOf(offered).shards;
  let best: Priced | undefined;
  let bestCents = Number.POSITIVE_INFINITY;
  for (let shards = 1; best === undefined || streamCents(shards, table) < bestCents; shards = nextCount(shards)) {
    if (shards < shardsNeeded) continue;
    const work = workloadOf(offered, shards);
    const lines = usagesOf(work).map((usage) => lineOf(usage, table));
    const cents = centsOf(lines);
    if (cents < bestCents) {
      best = { work, lines, shardsNeeded };
      bestCents = cents;
    }
  }
  return best;
}

/** Numbers of shards to choose from: each up to a hundred, then steps of a twentieth. */
function nextCount(shards: number): number {
  return shards < 100 ? shards + 1 : Math.ceil(shards * 1.05);
}

/** What shards cost without any event: no more of them can pay once this passes the best bill. */
function streamCents(shards: number, { prices }: PriceTable): number {
  return shards * MONTH_HOURS * (prices.kinesisShardHour.usd + prices.kinesisExtendedShardHour.usd) * CENTS;
}

function lineOf({ service, price, quantity, part }: Usage, { prices }: PriceTable): CostLine {
  return { service, price, quantity, part, cents: Math.round(quantity * prices[price].usd * CENTS) };
}

function centsOf(parts: readonly { readonly cents: number }[]): number {
  return parts.reduce((all, { cents }) => all + cents, 0);
}
