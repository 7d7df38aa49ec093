import { loadPipeline } from '../../local/pipeline.ts';
import type { LedgerReport } from '../../local/runtime/ledger.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { columnsText, writeOut } from '../output.ts';
import { withSource } from '../source/source.ts';

const FLAGS = { data: DATA_FLAG, stack: STACK_FLAG, pipeline: PIPELINE_FLAG, json: JSON_FLAG } as const satisfies Flags;

const SUMMARY = 'Shows where every event went, and checks it against the lake.';
const BINS = ['seen', 'accepted', 'late', 'duplicate', 'quarantined'] as const;

/** `headrace ledger`: the balance of events by shard. */
export const command: Command = {
  name: 'ledger',
  summary: SUMMARY,
  help: helpText({
    usage: 'ledger [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'seen = accepted + late + duplicate + quarantined, for each shard and in all, and each bin has as many rows in the archive.',
      'While headrace up has the folder, the newest ledger in the lake is shown. Of a stack, events of the last minutes are still on',
      'their way to the lake, so its archive may lag behind. Exit code 1: a number differs.',
    ],
    examples: [
      ['ledger', 'of the default data folder'],
      ['ledger --data D --json', 'for a program to read'],
      ['ledger --stack headrace-dev', 'of a deployed stack'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    noPositionals(positionals, FLAGS);
    const report = await withSource(flags, await loadPipeline(flags.pipeline), (source) => source.ledger());
    writeOut(flags.json ? `${JSON.stringify(asJson(report))}\n` : asText(report));
    return report.differences.length === 0 ? 0 : 1;
  },
};

function asJson({ shards, total, differences }: LedgerReport): unknown {
  return {
    shards: shards.map(({ shardId, hi, counters, watermarkMs }) => ({
      shard_id: shardId,
      hi,
      watermark: watermarkMs === null ? null : new Date(watermarkMs).toISOString(),
      ...counters,
    })),
    total,
    differences,
    balances: differences.length === 0,
  };
}

function asText({ shards, total, differences }: LedgerReport): string {
  const rows = shards.map(({ shardId, counters }) => [shardId, ...BINS.map((bin) => counters[bin])]);
  const table = columnsText([['shard', ...BINS], ...rows, ['all', ...BINS.map((bin) => total[bin])]]);
  const misrouted = total.misrouted === 0 ? '' : `${total.misrouted} of them came on a shard that is not their key's own.\n`;
  const verdict =
    differences.length === 0 ? 'The ledger balances, and the archive agrees.\n' : differences.map((line) => `Differs: ${line}\n`).join('');
  return `${table}\n${misrouted}${verdict}`;
}
