import type { StreamRecord } from '../../functions/adapters/kinesis-source.ts';
import type { KinesisHandler } from '../../functions/kinesis-event.ts';
import { streamEvent } from './event.ts';
import { type Backoff, backoffMs, pause } from './pause.ts';
import { type Outcome, outcomeOf } from './response.ts';

/** Counters of one mapping. */
export interface MappingStats {
  /** Handler calls. */
  invocations: number;
  /** Handler calls that threw or named a failed record. */
  failedInvocations: number;
  /** Stream records done. */
  records: number;
  /** Data bytes of those records. */
  bytes: number;
  /** Text of the last failure, of the handler or of the stream. */
  lastError: string | undefined;
}

/** How batches reach the handler. */
export interface DeliverOptions {
  readonly handler: KinesisHandler;
  readonly streamArn: string;
  /** Halve a batch that failed as a whole. */
  readonly bisectOnError: boolean;
  readonly backoff: Backoff;
  /** Fires when no further attempt may begin. */
  readonly signal: AbortSignal;
  readonly stats: MappingStats;
}

async function invoke(options: DeliverOptions, shardId: string, batch: readonly StreamRecord[]): Promise<Outcome> {
  options.stats.invocations++;
  try {
    const outcome = outcomeOf(await options.handler(streamEvent(batch, shardId, options.streamArn)), batch);
    if (outcome.done < batch.length) {
      options.stats.failedInvocations++;
      options.stats.lastError = outcome.wholeFailed
        ? 'the handler failed the whole batch'
        : `the handler failed at record ${batch[outcome.done]?.sequence}`;
    }
    return outcome;
  } catch (error) {
    options.stats.failedInvocations++;
    options.stats.lastError = error instanceof Error ? error.message : String(error);
    return { done: 0, wholeFailed: true };
  }
}

/**
 * Hands one shard's records to the handler until all are done, in order, one call at a time, without end of retries. A call
 * that gets somewhere goes on from the lowest failed record; one that fails as a whole is halved, first half first.
 * `progress` hears of every run of records done. Returns early, with less done, only when the signal fired.
 */
export async function deliver(
  options: DeliverOptions,
  shardId: string,
  records: readonly StreamRecord[],
  progress: (done: readonly StreamRecord[]) => void,
): Promise<void> {
  const ends = [records.length];
  let from = 0;
  let failures = 0;
  while (from < records.length && !options.signal.aborted) {
    const to = ends[ends.length - 1] ?? records.length;
    const batch = from === 0 && to === records.length ? records : records.slice(from, to);
    const { done, wholeFailed } = await invoke(options, shardId, batch);
    if (done > 0) {
      from += done;
      failures = 0;
      progress(done === batch.length ? batch : batch.slice(0, done));
    }
    if (done === batch.length) {
      ends.pop();
      continue;
    }
    if (wholeFailed && options.bisectOnError && batch.length > 1) ends.push(from + Math.ceil(batch.length / 2));
    failures++;
    await pause(backoffMs(failures, options.backoff), options.signal);
  }
}
