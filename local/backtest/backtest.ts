import { Worker } from 'node:worker_threads';
import type { KnownFraud } from '../../core/backtest/protocol.ts';
import { type ScoredRow, type ScoredTable, scoredTable } from '../../core/backtest/scored.ts';
import { UsageError } from '../../core/errors.ts';
import type { PatternCount } from '../../core/scorecard/grouping.ts';
import { mergedCounts } from '../../core/scorecard/training.ts';
import { judgeShare } from './judge-share.ts';
import type { BacktestMessage, BacktestShare, BacktestStart, JudgedRow } from './messages.ts';

/** Rows judged by one or two rule sets. */
export interface Backtested {
  /** One for each rule set, over the same rows. */
  readonly tables: readonly ScoredTable[];
  readonly earlierFrauds: readonly KnownFraud[];
  readonly quarantined: number;
  readonly labels: number;
  /** CPU for features and rules of one event judged or remembered, µs, all rule sets together. */
  readonly cpuUsPerEvent: number | null;
  /** Bins of each row of the tables, and of each cut the counts of a scorecard to learn; empty without one. */
  readonly training: { readonly places: readonly string[]; readonly counts: readonly (readonly PatternCount[])[] };
}

/** Judges history on so many threads. Throws UsageError for what files or rules got wrong. */
export async function backtest(start: Omit<BacktestStart, 'share' | 'shares'>, threads: number): Promise<Backtested> {
  const starts = Array.from({ length: threads }, (_, share) => ({ ...start, share, shares: threads }));
  const shares = threads === 1 ? await Promise.all(starts.map(judgeShare)) : await Promise.all(starts.map(inThread));
  const events = shares.reduce((sum, one) => sum + one.events, 0);
  const cpuMs = shares.reduce((sum, one) => sum + one.judgeCpuMs, 0);
  return {
    tables: start.ruleSets.map((_, i) => scoredTable(rowsOf(shares, i))),
    earlierFrauds: shares.flatMap((one) => one.earlierFrauds),
    quarantined: shares.reduce((sum, one) => sum + one.quarantined, 0),
    labels: shares.reduce((sum, one) => sum + one.labels, 0),
    cpuUsPerEvent: events === 0 ? null : (cpuMs * 1_000) / events,
    training: trainingOf(start, shares),
  };
}

function inThread(start: BacktestStart): Promise<BacktestShare> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: start });
  return new Promise((resolve, reject) => {
    worker.on('message', (message: BacktestMessage) => {
      if (message.kind === 'done') resolve(message.share);
      else reject(message.isUsage ? new UsageError(message.message) : new Error(message.message));
    });
    worker.on('error', reject);
  });
}

function trainingOf({ training }: Pick<BacktestStart, 'training'>, shares: readonly BacktestShare[]): Backtested['training'] {
  if (training === undefined) return { places: [], counts: [] };
  return {
    places: Array.from(inOrder(shares), ({ row }) => row.places ?? ''),
    counts: training.cuts.map((_, cut) => mergedCounts(shares.map(({ counts }) => counts[cut] ?? []))),
  };
}

/** Rows of all threads as one rule set judged them, in the order of the input. */
function* rowsOf(shares: readonly BacktestShare[], ruleSet: number): Generator<ScoredRow> {
  for (const { row, share } of inOrder(shares)) {
    const verdict = row.verdicts[ruleSet];
    if (verdict === undefined) continue;
    const { ordinal: _, verdicts: __, places: ___, ...rest } = row;
    const namesOf = (set: number): readonly string[] => share.firedNames[set] ?? [];
    const near = verdict.near === null ? {} : { nearMisses: namesOf(verdict.near) };
    yield { ...rest, score: verdict.score, outcome: verdict.outcome, fired: namesOf(verdict.fired), ...near };
  }
}

/** Rows of all threads in the order of the input. */
function* inOrder(shares: readonly BacktestShare[]): Generator<{ readonly row: JudgedRow; readonly share: BacktestShare }> {
  const places = shares.map(() => 0);
  for (;;) {
    let next: number | undefined;
    for (const [i, { rows }] of shares.entries()) {
      const row = rows[places[i] ?? 0];
      const least = next === undefined ? undefined : shares[next]?.rows[places[next] ?? 0];
      if (row !== undefined && (least === undefined || row.ordinal < least.ordinal)) next = i;
    }
    const share = next === undefined ? undefined : shares[next];
    const row = share?.rows[places[next ?? 0] ?? 0];
    if (next === undefined || share === undefined || row === undefined) return;
    places[next] = (places[next] ?? 0) + 1;
    yield { row, share };
  }
}
