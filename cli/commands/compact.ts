import type { Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import { setAside } from '../../lake/compaction/aside.ts';
import { NOW_POLICY, USUAL_POLICY } from '../../lake/compaction/plan.ts';
import { tablesNamed, tablesOf } from '../../lake/tables.ts';
import { compactFolder } from '../../local/compaction/compactor.ts';
import type { CompactionReport } from '../../local/compaction/messages.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { columnsText, thingsText, writeErr, writeOut } from '../output.ts';
import { openFolder } from '../source/lake.ts';
import { withCompactor, withLake } from '../source/lake-place.ts';
import { checkPlace } from '../source/source.ts';
import { type CompactionOutcome, compactStack } from '../source/stack-compaction.ts';
import { stopSignal } from '../stop.ts';

const FLAGS = {
  data: DATA_FLAG,
  stack: STACK_FLAG,
  table: { kind: 'texts', value: 'NAME', help: 'only these tables' },
  settled: { kind: 'switch', help: 'only hours that are over and quiet, as headrace up does by itself' },
  repair: { kind: 'switch', help: 'first make damaged or lost manifests anew' },
  'set-aside': { kind: 'text', value: 'KEY', help: 'only move this landing file out of its table, to TABLE/aside/' },
  'memory-mb': { kind: 'whole', value: 'N', min: 64, max: 65_536, help: 'memory of the engine that sorts, MiB' },
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Makes large sorted files of the small ones that landed, and publishes them once another reader has found them right.';
const DAY_MS = 86_400_000;

/** `headrace compact`: generations of the lake of a data folder or a stack. */
export const command: Command = {
  name: 'compact',
  summary: SUMMARY,
  help: helpText({
    usage: 'compact [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'Each hour of each table with new files becomes a new generation: repeats dropped, sorted, verified. Queries see the old one or the',
      'new one. Hours as old as their table keeps rows (lake.keptDays) leave it. What was replaced, or left, stays for the time that the',
      'pipeline says (lake.generationsDays), for query --as-of; then it is removed. It may run beside headrace up, and be stopped at any',
      'time. Of a stack the deployed function does it, call after call until nothing is left.',
      'Exit code 1: an hour could not be compacted; what it had stays, and the message says why.',
    ],
    examples: [
      ['compact', 'the default data folder'],
      ['compact --table transactions alerts --json', 'two tables, for a program to read'],
      ['compact --stack headrace-dev', 'the lake of a deployed stack'],
      ['compact --repair', 'after a manifest was damaged'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    noPositionals(positionals, FLAGS);
    const { pipeline } = await loadPipeline(flags.pipeline);
    checkPlace(flags);
    const key = flags['set-aside'];
    if (key !== undefined) {
      writeOut(`${await withLake(flags, pipeline.name, (lake) => setAside(lake, key))}\n`);
      return 0;
    }
    const report = await (flags.stack === undefined ? inFolder(flags, pipeline) : inStack(flags.stack, flags, pipeline));
    for (const { message } of report.failed) writeErr(`${message}\n`);
    writeOut(flags.json ? `${JSON.stringify(asJson(report))}\n` : asText(report));
    return report.failed.length === 0 ? 0 : 1;
  },
};

type Given = ReturnType<typeof readFlags<typeof FLAGS>>['flags'];
type Report = CompactionOutcome & Partial<Pick<CompactionReport, 'swept'>>;

async function inFolder(flags: Given, pipeline: Pipeline): Promise<Report> {
  const memoryMb = flags['memory-mb'];
  return compactFolder({
    lakeDir: openFolder(flags.data, pipeline.name).lake,
    tables: tablesNamed(tablesOf(pipeline), flags.table),
    policy: flags.settled ? USUAL_POLICY : NOW_POLICY,
    keptMs: pipeline.lake.generationsDays * DAY_MS,
    isRepairing: flags.repair,
    ...(memoryMb === undefined ? {} : { memoryMb }),
    signal: stopSignal(),
  });
}

async function inStack(stack: string, flags: Given, pipeline: Pipeline): Promise<Report> {
  if (flags['memory-mb'] !== undefined)
    throw usageError('--memory-mb', flags['memory-mb'], 'a data folder: the memory of a stack is compactionMb in infra/sizes.ts');
  const tables = tablesNamed(tablesOf(pipeline), flags.table).map(({ name }) => name);
  return withCompactor(stack, ({ call }) =>
    compactStack(call, { tables, isSettled: flags.settled, isRepairing: flags.repair, signal: stopSignal() }),
  );
}

interface Sums {
  readonly partitions: number;
  readonly files_before: number;
  readonly files_after: number;
  readonly bytes_before: number;
  readonly bytes_after: number;
  readonly rows: number;
  readonly repeats_dropped: number;
}

function asJson({ compacted }: Pick<Report, 'compacted'>): Sums {
  const sum = (value: (one: (typeof compacted)[number]) => number): number => compacted.reduce((all, one) => all + value(one), 0);
  return {
    partitions: compacted.length,
    files_before: sum(({ filesBefore }) => filesBefore),
    files_after: sum(({ filesAfter }) => filesAfter),
    bytes_before: sum(({ bytesBefore }) => bytesBefore),
    bytes_after: sum(({ bytesAfter }) => bytesAfter),
    rows: sum(({ rows }) => rows),
    repeats_dropped: sum(({ repeatsDropped }) => repeatsDropped),
  };
}

function asText(report: Report): string {
  const { compacted, waiting, repaired, swept, isComplete } = report;
  const line = (name: string, sums: Sums): (string | number)[] => [name, ...Object.values(sums as object as Record<string, number>)];
  const tables = [...new Set(compacted.map(({ table }) => table))];
  const rows = tables.map((table) => line(table, asJson({ compacted: compacted.filter((one) => one.table === table) })));
  const head = ['table', 'hours', 'files before', 'after', 'bytes before', 'after', 'rows', 'repeats'];
  const table = compacted.length === 0 ? 'Nothing new has landed.\n' : columnsText([head, ...rows, line('all', asJson(report))]);
  return [
    table,
    ...(repaired === 0 ? [] : [`${thingsText(repaired, 'manifest')} made anew.\n`]),
    ...(waiting === 0 ? [] : [`${thingsText(waiting, 'hour')} not settled yet.\n`]),
    ...(swept === undefined || swept.dropped === 0
      ? []
      : [`${thingsText(swept.dropped, 'hour')} left a table, being as old as it keeps rows.\n`]),
    ...(swept === undefined || swept.expired + swept.landingRemoved + swept.filesRemoved === 0
      ? []
      : [
          `Removed: ${thingsText(swept.expired, 'old generation')}, ${thingsText(swept.filesRemoved, 'file')}, ${thingsText(swept.landingRemoved, 'landing file')}.\n`,
        ]),
    ...(isComplete ? [] : ['Stopped; the same command goes on.\n']),
  ].join('');
}
