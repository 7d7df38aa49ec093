import { NOW_POLICY } from '../../lake/compaction/plan.ts';
import { landedTable } from '../../lake/delivery-format.ts';
import { CheckedObjects } from '../../lake/generations/checked.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { type PartitionStatus, statusOf } from '../../lake/status.ts';
import { tablesNamed, tablesOf } from '../../lake/tables.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG, STACK_FLAG } from '../command.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { columnsText, thingsText, writeOut } from '../output.ts';
import { withLake } from '../source/lake-place.ts';

const FLAGS = {
  data: DATA_FLAG,
  stack: STACK_FLAG,
  table: { kind: 'texts', value: 'NAME', help: 'the hours of these tables, one by one' },
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Shows what the lake is made of, how fresh it is, and what compaction would do.';

/** `headrace lake`: files, generations and freshness of each table and hour. */
export const command: Command = {
  name: 'lake',
  summary: SUMMARY,
  help: helpText({
    usage: 'lake [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'Rows count repeats in files that no generation includes yet. Freshness is the time since the newest event of a table.',
      'Of a stack it reads manifests, lists and the footers of files; name tables where there are years of hours.',
      'Exit code 1: something is wrong with a partition; the message says what to do.',
    ],
    examples: [
      ['lake', 'one line for each table'],
      ['lake --table transactions', 'one line for each hour of a table'],
      ['lake --stack headrace-dev --table transactions', 'the same of a deployed stack'],
      ['lake --json', 'everything, for a program to read'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    noPositionals(positionals, FLAGS);
    const { pipeline } = await loadPipeline(flags.pipeline);
    const named = tablesNamed(tablesOf(pipeline), flags.table);
    const chosen = flags.stack === undefined ? named : named.map(landedTable);
    const nowMs = Date.now();
    const tables: TableStatus[] = [];
    await withLake(flags, pipeline.name, async (lake) => {
      const checked = { ...lake, objects: new CheckedObjects(lake) };
      for (const table of chosen) tables.push({ table, partitions: await statusOf(checked, table, NOW_POLICY, nowMs) });
    });
    writeOut(
      flags.json
        ? `${JSON.stringify({ tables: tables.map((one) => asJson(one, nowMs)) })}\n`
        : asText(tables, flags.table.length > 0, nowMs),
    );
    return tables.some(({ partitions }) => partitions.some(({ fault }) => fault !== null)) ? 1 : 0;
  },
};

interface TableStatus {
  readonly table: TableSchema;
  readonly partitions: readonly PartitionStatus[];
}

function sumsOf(partitions: readonly PartitionStatus[]): {
  readonly files: number;
  readonly bytes: number;
  readonly rows: number;
  readonly newFiles: number;
  readonly newestMs: number | null;
} {
  const sum = (value: (one: PartitionStatus) => number): number => partitions.reduce((all, one) => all + value(one), 0);
  const newest = partitions.flatMap(({ newestMs }) => newestMs ?? []);
  return {
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
    rows: sum(({ rows }) => rows),
    newFiles: sum(({ newFiles }) => newFiles),
    newestMs: newest.length === 0 ? null : newest.reduce((a, b) => Math.max(a, b)),
  };
}

function asJson({ table, partitions }: TableStatus, nowMs: number): unknown {
  const { files, bytes, rows, newestMs } = sumsOf(partitions);
  return {
    table: table.name,
    files,
    bytes,
    rows,
    newest: timeText(newestMs),
    freshness_ms: newestMs === null ? null : nowMs - newestMs,
    partitions: partitions.map((one) => ({
      dt: one.dt,
      hour: one.hour,
      files: one.files,
      bytes: one.bytes,
      rows: one.rows,
      generation: one.generation,
      published: timeText(one.publishedMs),
      newest: timeText(one.newestMs),
      freshness_ms: one.newestMs === null ? null : nowMs - one.newestMs,
      compaction: one.due.action,
      reason: one.due.reason,
      fault: one.fault,
    })),
  };
}

function asText(tables: readonly TableStatus[], isDetailed: boolean, nowMs: number): string {
  const shown = isDetailed ? tables.map((one) => `${one.table.name}\n\n${partitionsText(one)}`).join('\n') : tablesText(tables, nowMs);
  const faults = tables.flatMap(({ partitions }) => partitions.flatMap(({ fault }) => fault ?? []));
  return `${shown}${faults.map((fault) => `\n${fault}\n`).join('')}`;
}

function tablesText(tables: readonly TableStatus[], nowMs: number): string {
  const rows = tables.map(({ table, partitions }) => {
    const { files, bytes, rows: count, newFiles, newestMs } = sumsOf(partitions);
    const hours = partitions.filter(({ due }) => due.action === 'compact').length;
    const due = hours === 0 ? '' : `${thingsText(newFiles, 'new file')} in ${thingsText(hours, 'hour')}`;
    return [
      table.name,
      partitions.length,
      files,
      bytes,
      count,
      timeText(newestMs) ?? '',
      newestMs === null ? '' : ageText(nowMs - newestMs),
      due,
    ];
  });
  return columnsText([['table', 'hours', 'files', 'bytes', 'rows', 'newest', 'freshness', 'to compact'], ...rows]);
}

function partitionsText({ partitions }: TableStatus): string {
  const rows = partitions.map((one) => [
    `${one.dt} ${one.hour}`,
    one.generation === null ? '-' : String(one.generation),
    one.files,
    one.bytes,
    one.rows,
    timeText(one.newestMs) ?? '',
    one.due.action === 'none' ? '' : one.due.reason,
  ]);
  return columnsText([['hour', 'generation', 'files', 'bytes', 'rows', 'newest', 'to compact'], ...rows]);
}

function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** An age in its largest whole unit: `3 d`, `12 s`. */
function ageText(ms: number): string {
  const [unit, size] = UNITS.find(([, one]) => ms >= one) ?? ['s', 1_000];
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}
