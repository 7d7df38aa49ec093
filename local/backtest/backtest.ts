import { Worker } from 'node:worker_threads';
import type { KnownFraud } from '../../core/backtest/protocol.ts';
import { type ScoredRow, type ScoredTable, scoredTable } from '../../core/backtest/scored.ts';
import { UsageError } from '../../core/errors.ts';
import { judgeShare } from './judge-share.ts';
import type { BacktestMessage, BacktestShare, BacktestStart } from './messages.ts';

/** Rows judged by one or two rule sets. */
export interface Backtested {
  /** One for each rule set, over the same rows. */
  readonly tables: readonly ScoredTable[];
  readonly earlierFrauds: readonly KnownFraud[];
  readonly quarantined: number;
  readonly labels: number;
  /** CPU for features and rules of one event judged or remembered, µs, all rule sets together. */
  readonly cpuUsPerEvent: number | null;
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

/** Rows of all threads as one rule set judged them, in the order of the input. */
function* rowsOf(shares: readonly BacktestShare[], ruleSet: number): Generator<ScoredRow> {
  const places = shares.map(() => 0);
  for (;;) {
    let next: number | undefined;
    for (const [i, { rows }] of shares.entries()) {
      const row = rows[places[i] ?? 0];
      const least = next === undefined ? undefined : shares[next]?.rows[places[next] ?? 0];
      if (row !== undefined && (least === undefined || row.ordinal < least.ordinal)) next = i;
    }
    if (next === undefined) return;
    const share = shares[next];
    const row = share?.rows[places[next] ?? 0];
    places[next] = (places[next] ?? 0) + 1;
    const verdict = row?.verdicts[ruleSet];
    if (row === undefined || verdict === undefined) continue;
    const { ordinal: _, verdicts: __, ...rest } = row;
    const namesOf = (set: number): readonly string[] => share?.firedNames[set] ?? [];
    const near = verdict.near === null ? {} : { nearMisses: namesOf(verdict.near) };
    yield { ...rest, score: verdict.score, outcome: verdict.outcome, fired: namesOf(verdict.fired), ...near };
  }
}
