import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usageError } from '../../../core/errors.ts';
import { compileRules } from '../../../core/rules/compile.ts';
import { compileBins } from '../../../core/scorecard/bins.ts';
import type { FittedScorecard } from '../../../core/scorecard/fit.ts';
import { cardRules } from '../../../core/scorecard/rules.ts';
import { BLOCKED_DAYS } from '../../../core/scorecard/training.ts';
import { type Backtested, backtest } from '../../../local/backtest/backtest.ts';
import { type LoadedPipeline, loadPipeline } from '../../../local/pipeline.ts';
import { writeDraft } from '../../../local/scorecard/draft.ts';
import { loadScorecard } from '../../../local/scorecard/file.ts';
import { checkLabels, HISTORY_FLAGS, type History, withHistory } from '../../backtest/history.ts';
import { helpText, JSON_FLAG, PIPELINE_FLAG } from '../../command.ts';
import { type Arguments, type Flags, noPositionals, readFlags } from '../../flags.ts';
import { writeOut } from '../../output.ts';
import { fitJson } from './json.ts';
import { type FitRange, rangeOf } from './range.ts';
import { type FitResult, fitted } from './result.ts';
import { fitText } from './text.ts';

const FLAGS = {
  ...HISTORY_FLAGS,
  from: { kind: 'text', value: 'TIME', help: 'first moment that is learnt from; events before it are history' },
  'known-by': { kind: 'text', value: 'TIME', help: 'cut-off: only labels known before it count' },
  to: { kind: 'text', value: 'TIME', help: 'moment before which the learning ends; default --known-by less the label delay' },
  'label-delay': { kind: 'text', value: 'Nd', fallback: '7d', help: 'days from a transaction until its label may be known' },
  'test-from': { kind: 'text', value: 'TIME', help: 'start of the test, --known-by or later; default: the last week is held out' },
  'test-to': { kind: 'text', value: 'TIME', help: 'end of the test; default a week after --test-from' },
  scorecard: { kind: 'text', value: 'FILE', help: 'values and bins; default scorecard/scorecard.yaml of the pipeline' },
  out: { kind: 'text', value: 'DIR', help: 'write a rule for each bin with points into DIR/rules' },
  status: { kind: 'text', value: 'STATUS', help: 'status of the written rules: draft (default), shadow or active' },
  threads: { kind: 'whole', value: 'N', min: 1, max: 64, fallback: 2, help: 'threads that judge' },
  simulated: { kind: 'switch', help: 'the output says that the data is simulated' },
  pipeline: PIPELINE_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

/** Help of `rules fit`. */
export const FIT_HELP = helpText({
  usage: 'rules fit (--input FILE… | --data DIR | --stack NAME) --from TIME --known-by TIME [flags]',
  summary: 'Learns the points of a scorecard from history, and sets it beside the current rules.',
  flags: FLAGS,
  notes: [
    'Features are those of the stream, and no label is seen before it was known. The same data gives the same table. With --json the last',
    'line has figures and table.',
  ],
  examples: [
    ['rules fit --input history.parquet --from 2026-01-01 --known-by 2026-03-01 --out candidate', 'learn, test, write a draft'],
    ['rules fit --data .headrace/data --from 2026-01-01 --known-by 2026-03-01', 'from what the stream has taken'],
  ],
});

type FitFlags = Arguments<typeof FLAGS>['flags'];

const STATUSES = ['draft', 'shadow', 'active'] as const;

/** `headrace rules fit`: resolves with the exit code. Throws UsageError. */
export async function runFit(args: readonly string[]): Promise<number> {
  const { flags, positionals } = readFlags(FLAGS, args);
  noPositionals(positionals, FLAGS);
  const status = STATUSES.find((one) => one === (flags.status ?? 'draft'));
  if (status === undefined) throw usageError('--status', flags.status, STATUSES.join(', '));
  const range = rangeOf(flags);
  const loaded = await loadPipeline(flags.pipeline);
  const card = await loadScorecard(flags.scorecard ?? join(flags.pipeline, 'scorecard', 'scorecard.yaml'));
  compileBins(card, loaded.pipeline);
  const { done, notes } = await replayed(flags, { loaded, range, card });
  const result = fitted(done, { card, loaded, range, isSimulated: flags.simulated, notes });
  const written = await writtenOf(result.fitted, { flags, loaded, status });
  writeOut(flags.json ? `${JSON.stringify(fitJson({ ...result, written }))}\n` : fitText({ ...result, written }));
  return 0;
}

interface Starting {
  readonly loaded: LoadedPipeline;
  readonly range: FitRange;
  readonly card: FittedScorecard['card'];
}

const DAY_MS = 86_400_000;

/** Replays history once, for what is learnt and for its test. */
async function replayed(
  flags: FitFlags,
  { loaded, range, card }: Starting,
): Promise<{ readonly done: Backtested } & Pick<History, 'notes'>> {
  const { cut, testCut, testFromMs: fromMs, testToMs: toMs } = range;
  const labelDelayMs = range.labelDelayDays * DAY_MS;
  const read = { fromMs: cut.fromMs, toMs, labelDelayMs, knownDays: BLOCKED_DAYS };
  return withHistory(flags, { loaded, range: read }, async ({ notes, sinceMs, ...history }) => {
    const training = { card, cuts: cut === testCut ? [cut] : [cut, testCut] };
    const judged = { pipelineDir: flags.pipeline, ruleSets: [loaded.rules], labelDelayMs, fromMs, toMs, training };
    const done = await backtest({ ...history, ...judged, spillPath: join(tmpdir(), 'headrace-backtest') }, flags.threads);
    checkLabels(done, { sinceMs });
    return { done, notes };
  });
}

interface Writing {
  readonly flags: FitFlags;
  readonly loaded: LoadedPipeline;
  readonly status: (typeof STATUSES)[number];
}

async function writtenOf(table: FittedScorecard, { flags, loaded, status }: Writing): Promise<FitResult['written']> {
  const rules = cardRules(table, { pipeline: loaded.pipeline, status });
  compileRules({ rules, lists: [] }, loaded.pipeline, table.card.id);
  if (flags.out === undefined) return undefined;
  const lines = await writeDraft(flags.out, { card: table.card, rules, isStatusWanted: flags.status !== undefined });
  return { dir: flags.out, lines };
}
