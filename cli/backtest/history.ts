import { usageError } from '../../core/errors.ts';
import { compilePlan } from '../../core/plan.ts';
import type { Backtested } from '../../local/backtest/backtest.ts';
import { type LakeHistory, type LakeRange, lakeHistory, neededFromMs, spanText } from '../../local/backtest/lake-history.ts';
import type { BacktestSource } from '../../local/backtest/messages.ts';
import { resolveInputs } from '../../local/feed/inputs.ts';
import { readImport } from '../../local/feed/read.ts';
import type { LoadedPipeline } from '../../local/pipeline.ts';
import { DATA_FLAG } from '../command.ts';
import { withSource } from '../source/source.ts';

const DAY_MS = 86_400_000;
const MIB = 2 ** 20;

/** Flags that say where history is. */
export interface HistoryFlags {
  readonly input: readonly string[];
  readonly import: string | undefined;
  readonly data: string | undefined;
  readonly stack: string | undefined;
  readonly 'max-mb': number;
}

/** History to judge, and what a reader must know of it. */
export interface History extends BacktestSource {
  readonly notes: readonly string[];
  /** Throws UsageError where there is nothing to judge, or nothing to judge by. */
  readonly check: (done: Backtested) => void;
}

/** Throws UsageError unless the flags name one place. */
function checkHistory({ input, import: importPath, data, stack }: HistoryFlags): void {
  const places = [
    ...(input.length > 0 ? ['--input'] : []),
    ...(data === undefined ? [] : ['--data']),
    ...(stack === undefined ? [] : ['--stack']),
  ];
  if (places.length !== 1)
    throw usageError('history', places.join(' and ') || 'nothing', 'one of --input FILE…, --data DIR and --stack NAME');
  if (importPath !== undefined && input.length === 0) throw usageError('--import', importPath, '--import beside --input only');
}

/** Does something with history of files or of a lake, whose copy goes afterwards. Throws UsageError. */
export async function withHistory<T>(
  flags: HistoryFlags,
  { loaded, range }: { readonly loaded: LoadedPipeline; readonly range: LakeRange },
  use: (history: History) => Promise<T>,
): Promise<T> {
  checkHistory(flags);
  if (flags.input.length > 0) {
    const importSql = flags.import === undefined ? undefined : await readImport(flags.import);
    return use({ inputs: await resolveInputs(flags.input), importSql, notes: [], check: () => undefined });
  }
  const { data = DATA_FLAG.fallback, stack } = flags;
  const plan = compilePlan(loaded.pipeline);
  return withSource({ data, stack, past: pastOf(flags, neededFromMs(plan, range)) }, loaded, async (source) => {
    const { inputs, firstMs, neededMs } = await lakeHistory(await source.lake(), plan, range);
    const notes = firstMs > neededMs ? [shortNote(firstMs, neededMs)] : [];
    return use({ inputs, importSql: undefined, notes, check: (done) => checkJudged(done, { ...range, neededMs }) });
  });
}

/** Files of a stack are fetched: of the hours that are needed, and a day more that shows whether its lake begins before. */
function pastOf({ stack, 'max-mb': maxMb }: HistoryFlags, neededMs: number) {
  if (stack === undefined) return undefined;
  return { asOfMs: Date.now(), hours: { fromMs: neededMs - DAY_MS, toMs: Number.POSITIVE_INFINITY }, bytesMax: maxMb * MIB };
}

function shortNote(firstMs: number, neededMs: number): string {
  return `The lake begins at ${new Date(firstMs).toISOString()}, and features and known frauds reach back to ${new Date(neededMs).toISOString()}: what happened before the lake is not in them.`;
}

function checkJudged({ tables, labels }: Backtested, { fromMs, toMs, neededMs }: LakeRange & Pick<LakeHistory, 'neededMs'>): void {
  if (tables[0]?.count === 0) throw usageError('range', `${spanText(fromMs, toMs)}, without an event to judge`, 'a range that has some');
  if (labels === 0)
    throw usageError(
      'labels in the lake',
      `none since ${new Date(neededMs).toISOString()}`,
      'a lake that knows what became of its events: send labels, or load them with headrace backfill --input',
    );
}
