import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, type Measured } from '../../core/backtest/compare.ts';
import type { Protocol } from '../../core/backtest/protocol.ts';
import { reportPage } from '../../core/backtest/report/page.ts';
import type { ScoredTable } from '../../core/backtest/scored.ts';
import { summarize } from '../../core/backtest/summary.ts';
import type { Thresholds } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import { type Backtested, backtest } from '../../local/backtest/backtest.ts';
import { type LakeRange, spanText } from '../../local/backtest/lake-history.ts';
import { candidateOf, type LoadedPipeline, loadPipeline } from '../../local/pipeline.ts';
import { checkLabels, HISTORY_FLAGS, type History, withHistory } from '../backtest/history.ts';
import { scoreLines } from '../backtest/scores.ts';
import { backtestText } from '../backtest/text.ts';
import { type Command, helpText, JSON_FLAG, PIPELINE_FLAG } from '../command.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { writeFileWhole, writeOut } from '../output.ts';
import { daysOf, timeOf } from '../times.ts';

const FLAGS = {
  ...HISTORY_FLAGS,
  from: { kind: 'text', value: 'TIME', help: 'first moment that is judged, such as 2018-08-08; events before it are history' },
  to: { kind: 'text', value: 'TIME', help: 'moment before which it ends, such as 2018-08-15' },
  rules: { kind: 'text', value: 'DIR', help: 'folder with rules/ to judge by; default: that of the pipeline' },
  compare: { kind: 'text', value: 'DIR', help: 'folder with rules/ of a candidate, judged over the same events' },
  'label-delay': { kind: 'text', value: 'Nd', fallback: '7d', help: 'days from a transaction until its label may be known' },
  'known-days': {
    kind: 'whole',
    value: 'N',
    min: 0,
    max: 3_660,
    fallback: 7,
    help: 'days of known frauds before, whose cards are left out',
  },
  threads: { kind: 'whole', value: 'N', min: 1, max: 64, fallback: 2, help: 'threads that judge' },
  scores: { kind: 'text', value: 'OUT.csv', help: 'write the score of each judged event there' },
  report: { kind: 'text', value: 'OUT.html', help: 'write a report with charts there, one file' },
  'near-misses': { kind: 'switch', help: 'counts for each rule where it all but fired, for some more time' },
  simulated: { kind: 'switch', help: 'the report says that the data is simulated' },
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Says what rules would have done over history.';
const WEEK = '--from 2018-06-01 --to 2018-06-08';

/** `headrace backtest`: rules over history, with the truth that came later. */
export const command: Command = {
  name: 'backtest',
  summary: SUMMARY,
  help: helpText({
    usage: 'backtest (--input FILE… | --data DIR | --stack NAME) --from TIME --to TIME [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: [
      'Features and rules are those of the stream, and no label is seen before it was known. Measured is by the protocol of the fraud',
      'detection handbook: cards already known as compromised are left out, and card precision drops a card once it was caught; beside',
      'each figure stands what an oracle reaches on the same events. With --json the last line is the figures.',
    ],
    examples: [
      [`backtest --input h.parquet --import pipelines/payments/imports/handbook.sql ${WEEK}`, 'rows of another shape'],
      [`backtest --data .headrace/data ${WEEK}`, 'what the stream has taken'],
      [`backtest --input history.parquet ${WEEK} --compare candidate --report out.html`, 'a candidate beside the rules'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    noPositionals(positionals, FLAGS);
    const [fromMs, toMs] = [timeOf('--from', flags.from ?? 'nothing'), timeOf('--to', flags.to ?? 'nothing')];
    if (fromMs >= toMs) throw usageError('range', `${flags.from} to ${flags.to}`, 'a --from before --to');
    const loaded = await loadPipeline(flags.pipeline);
    const { decision } = loaded.pipeline;
    if (decision?.labels === undefined) throw usageError('decision.labels', undefined, 'the events that are labels, in pipeline.ts');
    const labelDelayDays = daysOf('--label-delay', flags['label-delay']);
    const knownDays = flags['known-days'];
    const ruleSets = await ruleSetsOf(loaded, flags);
    const range = { fromMs, toMs, labelDelayMs: labelDelayDays * DAY_MS, knownDays };
    const { done, notes } = await withHistory(flags, { loaded, range }, async ({ notes, sinceMs, ...history }) => {
      const options = { pipelineDir: flags.pipeline, ruleSets, nearMisses: flags['near-misses'] };
      const start = { ...history, ...range, ...options, spillPath: join(tmpdir(), 'headrace-backtest') };
      const done = await backtest(start, flags.threads);
      checkFound(done, { ...range, sinceMs });
      return { done, notes };
    });
    const protocol = { fromMs, toMs, labelDelayDays, knownDays, earlierFrauds: done.earlierFrauds };
    const [base, candidate] = ruleSets.map((rules, i) =>
      measuredOf(done.tables[i], { rules, protocol, thresholds: decision, isSimulated: flags.simulated, notes }),
    );
    if (base === undefined) throw new Error('no rule set');
    const comparison = candidate === undefined ? undefined : compare(base, candidate, { protocol });
    if (flags.scores !== undefined) await writeFileWhole(flags.scores, scoreLines(base.table), { flag: '--scores' });
    if (flags.report !== undefined) await writeFileWhole(flags.report, one(reportPage(base.summary, comparison)), { flag: '--report' });
    if (flags.json)
      writeOut(`${JSON.stringify({ ...base.summary, ...(comparison === undefined ? {} : { comparison }), ...costsOf(done) })}\n`);
    else writeOut(backtestText(base.summary, comparison));
    return 0;
  },
};

const DAY_MS = 86_400_000;

/** Throws UsageError where a lake has nothing to judge, or nothing to judge by. */
function checkFound(done: Backtested, { fromMs, toMs, sinceMs }: Pick<LakeRange, 'fromMs' | 'toMs'> & Pick<History, 'sinceMs'>): void {
  if (sinceMs !== undefined && done.tables[0]?.count === 0)
    throw usageError('range', `${spanText(fromMs, toMs)}, without an event to judge`, 'a range that has some');
  checkLabels(done, { sinceMs });
}

/** The rules to judge by, and those of a candidate. */
async function ruleSetsOf(
  loaded: LoadedPipeline,
  { rules, compare: candidate }: { readonly rules: string | undefined; readonly compare: string | undefined },
): Promise<LoadedPipeline['rules'][]> {
  const base = rules === undefined ? loaded.rules : await candidateOf(loaded, rules);
  return candidate === undefined ? [base] : [base, await candidateOf(loaded, candidate)];
}

interface Measuring {
  readonly rules: LoadedPipeline['rules'];
  readonly protocol: Protocol;
  readonly thresholds: Thresholds;
  readonly isSimulated: boolean;
  /** What else a reader must know. */
  readonly notes: readonly string[];
}

function measuredOf(table: ScoredTable | undefined, { rules, protocol, notes, ...options }: Measuring): Measured {
  if (table === undefined) throw new Error(`rule set ${rules.version} has no table`);
  const active = rules.rules.filter(({ status }) => status === 'active').map(({ id }) => id);
  const summary = summarize(table, { ...protocol, ...options, rules: active, ruleSet: rules.version });
  return { table, summary: { ...summary, notes: [...summary.notes, ...notes] } };
}

function costsOf({ quarantined, labels, cpuUsPerEvent }: Backtested): object {
  return { quarantined, labels, cpu_us_per_event: cpuUsPerEvent === null ? null : Math.round(cpuUsPerEvent * 10) / 10 };
}

async function* one(text: string): AsyncGenerator<string> {
  yield text;
}
