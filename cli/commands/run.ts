import { usageError } from '../../core/errors.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import type { RunReport } from '../../local/runtime/report.ts';
import { type RunResult, runPipeline } from '../../local/runtime/run.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG } from '../command.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { columnsText, countText, thingsText, writeErr, writeOut } from '../output.ts';
import { liveLine } from '../progress.ts';
import { stopSignal } from '../stop.ts';
import { ACCEPT_COLD_FLAG, sayWarmed } from '../warm.ts';

const FLAGS = {
  input: { kind: 'texts', value: 'FILE', help: 'CSV, NDJSON or Parquet files, or globs; may be given again' },
  import: { kind: 'text', value: 'Q.sql', help: 'a SELECT over the view input that shapes rows into events' },
  type: { kind: 'text', value: 'T', help: 'event type of rows that name none' },
  data: DATA_FLAG,
  pipeline: PIPELINE_FLAG,
  shards: { kind: 'whole', value: 'N', min: 1, max: 64, help: 'shards of a new stream (default 1: one thread works on all of them)' },
  'batch-size': { kind: 'whole', value: 'N', min: 1, max: 10_000, fallback: 1_000, help: 'records for each call of the processor at most' },
  'keep-open': { kind: 'switch', help: 'leave windows open at the end of the input' },
  append: { kind: 'switch', help: 'add to a data folder that holds a finished run' },
  'accept-cold': ACCEPT_COLD_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Feeds files through the stream to the end, lands the lake and reports.';
const RECORDS = '../shared/data/handbook/*.parquet';

/** `headrace run`: the main job over files, to the end. */
export const command: Command = {
  name: 'run',
  summary: SUMMARY,
  help: helpText({
    usage: 'run --input FILE… [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'Exit code 0: everything was processed and the ledger balances. 1: it does not balance, or Ctrl-C came first;',
      'after Ctrl-C or a crash the same command goes on from there.',
    ],
    examples: [
      ['run --input payments.ndjson', 'events that are shaped already'],
      [`run --input ${RECORDS} --import pipelines/payments/imports/handbook.sql --data D`, 'rows of another shape'],
      ['run --input readings.csv --pipeline examples/sensor-readings --data S --json', 'another pipeline, for a program to read'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    noPositionals(positionals, FLAGS);
    if (flags.input.length === 0) throw usageError('--input', 'nothing', 'at least one FILE or glob of CSV, NDJSON or Parquet');
    const loaded = await loadPipeline(flags.pipeline);
    const types = Object.keys(loaded.pipeline.eventTypes);
    if (flags.type !== undefined && !types.includes(flags.type)) throw usageError('--type', flags.type, types.join(', '));
    const line = liveLine(process.stderr, Date.now, 'position');
    const result = await runPipeline({
      dataDir: flags.data,
      loaded,
      inputs: flags.input,
      ...(flags.import === undefined ? {} : { importFile: flags.import }),
      ...(flags.type === undefined ? {} : { defaultType: flags.type }),
      ...(flags.shards === undefined ? {} : { shardCount: flags.shards }),
      batchSize: flags['batch-size'],
      keepOpen: flags['keep-open'],
      append: flags.append,
      acceptCold: flags['accept-cold'],
      onWarm: (warmed) => sayWarmed(warmed, line.say),
      onProgress: line.show,
      onRetry: (message) => line.say(`Trying again: ${message}`),
      onResult: (ended) => {
        line.end();
        tell(ended, flags);
      },
      signal: stopSignal(),
    }).finally(line.end);
    return result.isComplete && result.differences.length === 0 ? 0 : 1;
  },
};

function tell(result: RunResult, { json, data }: { readonly json: boolean; readonly data: string }): void {
  writeOut(json ? `${JSON.stringify(result.report)}\n` : reportText(result, data));
  const notes = notesOf(result).map((note) => `${note}\n`);
  if (json) writeErr(notes.join(''));
}

/** Fewer events than this say nothing about the cost of one. */
const PER_EVENT_LEAST = 10_000;

/** The final report in words. */
export function reportText(result: RunResult, dataDir: string): string {
  const { report } = result;
  const lines = [
    `Read ${thingsText(report.seen, 'event')}, ${countText(Math.round(report.events_per_s))} a second,`,
    ` with ${report.cpu_s} s of CPU${perEvent(report)} and ${countText(report.rss_mb_max)} MiB of memory.\n\n`,
    columnsText([
      ['where they went', 'events'],
      ['accepted', report.accepted],
      ['late', report.late],
      ['duplicate', report.duplicate],
      ['quarantined', report.quarantined],
    ]),
    `\n${thingsText(report.windows_closed, 'window')} closed, ${thingsText(report.alerts, 'alert')}.`,
    ` Half of the events were decided within ${report.latency_ms.p50} ms of reaching the stream, 99 % within ${report.latency_ms.p99} ms.\n`,
    ...notesOf(result).map((note) => `${note}\n`),
    result.differences.length === 0 ? 'The ledger balances: each event is in exactly one bin.\n' : '',
    `Look at the tables with: npx headrace query "SHOW TABLES" --data ${dataDir}\n`,
  ];
  return lines.join('');
}

/** CPU of one event; left out for small inputs, where starting up is most of it. */
function perEvent({ cpu_s, seen }: RunReport): string {
  return seen < PER_EVENT_LEAST ? '' : ` (${Math.round((cpu_s * 1e6) / seen)} µs an event)`;
}

function notesOf({ differences, isComplete, lateNote, report }: RunResult): string[] {
  return [
    ...(isComplete ? [] : ['Stopped before the end of the input: the same command goes on from there.']),
    ...(lateNote === undefined ? [] : [lateNote]),
    ...(report.quarantined === 0 ? [] : [`In quarantine: ${thingsText(report.quarantined, 'event')}; see headrace quarantine list`]),
    ...differences.map((difference) => `The ledger does not balance: ${difference}`),
  ];
}
