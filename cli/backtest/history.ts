import { usageError } from '../../core/errors.ts';
import { compilePlan } from '../../core/plan.ts';
import type { Backtested } from '../../local/backtest/backtest.ts';
import { type LakeRange, lakeHistory, neededFromMs } from '../../local/backtest/lake-history.ts';
import type { BacktestSource } from '../../local/backtest/messages.ts';
import { resolveInputs } from '../../local/feed/inputs.ts';
import { readImport } from '../../local/feed/read.ts';
import type { LoadedPipeline } from '../../local/pipeline.ts';
import { DATA_FLAG, STACK_FLAG } from '../command.ts';
import type { Flags } from '../flags.ts';
import { withSource } from '../source/source.ts';

const DAY_MS = 86_400_000;
const MIB = 2 ** 20;

/** Flags that say where history is, the same in all commands that learn from it. */
export const HISTORY_FLAGS = {
  input: { kind: 'texts', value: 'FILE', help: 'CSV, NDJSON or Parquet files, or globs; may be given again' },
  import: { kind: 'text', value: 'Q.sql', help: 'a SELECT over the view input that shapes rows into events, in order of time' },
  data: { kind: 'text', value: 'DIR', help: 'instead of files the lake of this data folder: what its stream accepted' },
  stack: STACK_FLAG,
  'max-mb': {
    kind: 'whole',
    value: 'N',
    min: 1,
    max: 1_000_000,
    fallback: 1_024,
    help: 'with --stack: files of its archive that are fetched to this machine at most, MiB',
  },
} as const satisfies Flags;

/** Those flags as they were given. */
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
  /** Since when it has what a lake has, epoch ms; undefined for files. */
  readonly sinceMs: number | undefined;
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
    return use({ inputs: await resolveInputs(flags.input), importSql, notes: [], sinceMs: undefined });
  }
  const { data = DATA_FLAG.fallback, stack } = flags;
  const plan = compilePlan(loaded.pipeline);
  return withSource({ data, stack, past: pastOf(flags, neededFromMs(plan, range)) }, loaded, async (source) => {
    const { inputs, firstMs, neededMs } = await lakeHistory(await source.lake(), plan, range);
    const notes = firstMs > neededMs ? [shortNote(firstMs, neededMs)] : [];
    return use({ inputs, importSql: undefined, notes, sinceMs: neededMs });
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

/** Throws UsageError for a lake without a label since its history begins: whoever has files sees what is in them, a lake may have missed its labels. */
export function checkLabels({ labels }: Pick<Backtested, 'labels'>, { sinceMs }: Pick<History, 'sinceMs'>): void {
  if (sinceMs === undefined || labels > 0) return;
  throw usageError(
    'labels in the lake',
    `none since ${new Date(sinceMs).toISOString()}`,
    'a lake that knows what became of its events: send labels, or load them with headrace backfill --input',
  );
}
