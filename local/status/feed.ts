import type { BatchStats } from '../../functions/process-stream/handler.ts';

/** One sub-batch that was decided: all records of its shard up to `hi` had their decisions durably delivered at `decidedMs`, epoch ms. */
export interface DecidedBatch {
  readonly shardId: string;
  /** Position of its last record. */
  readonly hi: string;
  readonly decidedMs: number;
}

/** Batches after a number, and the number to ask with the next time. */
export interface DecidedPage {
  readonly next: number;
  readonly batches: readonly DecidedBatch[];
}

/** Batches kept: minutes of a busy stream, a few megabytes at most. */
const BATCHES_MAX = 20_000;

/** The latest batches of this process, numbered from 0, for whoever asks often enough. */
export class DecidedFeed {
  private batches: DecidedBatch[] = [];
  private dropped = 0;

  /** Takes in one finished sub-batch. */
  readonly observe = ({ shardId, verdicts, deliveredMs }: BatchStats): void => {
    const hi = verdicts.at(-1)?.raw.position;
    if (hi === undefined) return;
    this.batches.push({ shardId, hi, decidedMs: deliveredMs });
    if (this.batches.length < 2 * BATCHES_MAX) return;
    this.batches = this.batches.slice(-BATCHES_MAX);
    this.dropped += BATCHES_MAX;
  };

  /** Batches from number `after` on, as far as they are kept. */
  page(after: number): DecidedPage {
    return { next: this.dropped + this.batches.length, batches: this.batches.slice(Math.max(0, after - this.dropped)) };
  }
}
