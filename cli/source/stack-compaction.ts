import { COMPACT_NOW, type CompactAnswer, type CompactRequest, parseCompactAnswer } from '../../lake/compaction/request.ts';
import type { CompactionReport } from '../../local/compaction/messages.ts';
import type { CalledFunction } from './lake-ports.ts';

/** What a compaction did, in a folder or a stack. */
export type CompactionOutcome = Pick<CompactionReport, 'compacted' | 'failed' | 'waiting' | 'repaired' | 'isComplete'>;

/** What is asked of the deployed function, and for how long. */
export interface StackCompactionOptions extends Pick<CompactRequest, 'tables' | 'isSettled' | 'isRepairing'> {
  /** Ends it after the call under way. */
  readonly signal?: AbortSignal;
}

/** One call begins no hour after so long: connections that are silent for minutes are cut on the way, and a person may want to stop. */
const CALL_MS = 60_000;
/** Calls that may end where they began: reading a large lake may take most of the first one. */
const IDLE_CALLS_MAX = 3;

/**
 * Has the deployed function compact a stack's lake: call after call, each going on where the one before ended, until there is nothing
 * left. Throws what the call throws; the hours that were published by then stay so, and the same command goes on.
 */
export async function compactStack(compact: CalledFunction['call'], options: StackCompactionOptions): Promise<CompactionOutcome> {
  const { signal, ...asked } = options;
  const answers: CompactAnswer[] = [];
  let from: CompactRequest['from'];
  for (let idle = 0; idle < IDLE_CALLS_MAX; ) {
    const request: CompactRequest = { ...asked, forMs: CALL_MS, ...(from === undefined ? {} : { from }) };
    const answer = parseCompactAnswer(await compact({ source: 'headrace', 'detail-type': COMPACT_NOW, detail: request }));
    answers.push(answer);
    const { next } = answer;
    if (next === null || signal?.aborted === true) return outcomeOf(answers, next === null);
    idle = from !== undefined && isSame(from, next) ? idle + 1 : 0;
    from = next;
  }
  throw new Error(
    `the function compact came no further than ${from?.table} ${from?.dt} ${from?.hour} in ${IDLE_CALLS_MAX} calls of ${CALL_MS / 1000} s. Give it more memory (compactionMb in infra/sizes.ts), or compact table by table: --table ${from?.table}.`,
  );
}

function isSame(a: NonNullable<CompactRequest['from']>, b: NonNullable<CompactRequest['from']>): boolean {
  return a.table === b.table && a.dt === b.dt && a.hour === b.hour;
}

function outcomeOf(answers: readonly CompactAnswer[], isComplete: boolean): CompactionOutcome {
  return {
    compacted: answers.flatMap(({ compacted }) => compacted),
    failed: answers.flatMap(({ failed }) => failed),
    waiting: answers.reduce((sum, { waiting }) => sum + waiting, 0),
    repaired: answers.reduce((sum, { repaired }) => sum + repaired, 0),
    isComplete,
  };
}
