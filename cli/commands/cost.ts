import { usageError } from '../../core/errors.ts';
import { compilePlan } from '../../core/plan.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type Command, helpText, JSON_FLAG, PIPELINE_FLAG } from '../command.ts';
import { MANY_GROUPS } from '../cost/constants.ts';
import { type CostReport, costOf } from '../cost/model.ts';
import { loadPrices, type PriceTable } from '../cost/prices.ts';
import { shapeOf } from '../cost/shape.ts';
import { SIZES, type StackSize } from '../cost/sizes.ts';
import { assumptionsOf, costText, unreadPrices } from '../cost/text.ts';
import type { Offered } from '../cost/workload.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { writeOut } from '../output.ts';

const FLAGS = {
  rate: { kind: 'whole', value: 'N', min: 1, max: 1_000_000, help: 'events a second, all month' },
  bytes: { kind: 'whole', value: 'N', min: 1, max: 262_144, help: 'bytes of one event' },
  size: { kind: 'choice', choices: ['small', 'production'], fallback: 'small', help: 'size of the deployment' },
  groups: {
    kind: 'whole',
    value: 'N',
    min: 1,
    max: 100_000_000,
    fallback: MANY_GROUPS,
    help: 'groups of an aggregate by identifiers, such as terminals',
  },
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Says what a deployment would cost a month, and which limits it would meet.';

/** `headrace cost`: the bill by service, from dated list prices, and the limits of AWS. */
export const command: Command = {
  name: 'cost',
  summary: SUMMARY,
  help: helpText({
    usage: 'cost --rate N --bytes N [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: ['A model, not a quote: the prices are list prices of one date, and what they are multiplied with is printed below them.'],
    examples: [
      ['cost --rate 1000 --bytes 300', 'a thousand events a second'],
      ['cost --rate 100 --bytes 300 --size production --json', 'for a program to read'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    noPositionals(positionals, FLAGS);
    const offered: Offered = {
      ratePerS: needed('--rate', flags.rate),
      bytes: needed('--bytes', flags.bytes),
      size: SIZES[flags.size as StackSize['name']],
      shape: shapeOf(compilePlan((await loadPipeline(flags.pipeline)).pipeline), flags.groups),
    };
    const table = loadPrices();
    const report = costOf(offered, table);
    writeOut(flags.json ? `${JSON.stringify(asJson(report, offered, table))}\n` : costText(report, offered, table));
    return 0;
  },
};

function needed(name: string, value: number | undefined): number {
  if (value === undefined) throw usageError(name, 'nothing', 'a whole number, such as 1000');
  return value;
}

function asJson(report: CostReport, offered: Offered, table: PriceTable): unknown {
  const usd = (cents: number): number => cents / 100;
  return {
    rate: offered.ratePerS,
    bytes: offered.bytes,
    pipeline: offered.shape.name,
    size: offered.size.name,
    shards: report.shards,
    shards_needed: report.shardsNeeded,
    total_usd_month: usd(report.totalCents),
    compaction_usd_month: usd(report.compactionCents),
    usd_per_million_events: report.usdPerMillion,
    services: report.services.map(({ service, cents }) => ({ service, usd_month: usd(cents) })),
    lines: report.lines.map(({ service, price, quantity, part, cents }) => ({
      service,
      price,
      per: table.prices[price].per,
      unit_usd: table.prices[price].usd,
      quantity,
      ...(part === undefined ? {} : { part }),
      usd_month: usd(cents),
    })),
    stream_usd_month: { provisioned: usd(report.streamCents.provisioned), on_demand: usd(report.streamCents.onDemand) },
    limits: report.limits.map(({ name, metAtPerS, used, allowed, remedy }) => ({ name, met_at_rate: metAtPerS, used, allowed, remedy })),
    assumptions: assumptionsOf(offered),
    prices: { date: table.date, region: table.region, unread: unreadPrices(report, table) },
  };
}
