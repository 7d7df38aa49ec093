import type { ObjectStore } from '../../core/ports.ts';
import type { BackfillEvent } from '../../functions/backfill/events.ts';
import type { Answers } from './answers.ts';

/** Rests so long; rejects when the signal fires. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** What every state of one execution works with. */
export interface Execution {
  /** Its name, the id of the backfill. */
  readonly name: string;
  /** The function that takes all steps. The signal fires when its time is up, or the execution is stopped. */
  readonly invoke: (event: BackfillEvent, signal: AbortSignal) => Promise<unknown>;
  /** Store with the keys that the definition has for its bucket. */
  readonly objects: ObjectStore;
  readonly answers: Answers;
  /** A name that no other one has: of tokens and map runs. */
  readonly newId: () => string;
  readonly sleep: Sleep;
  /** Rest before another try instead of what the retriers say, ms. */
  readonly retryDelayMs: number | undefined;
  /** Stops it. */
  readonly signal: AbortSignal;
  /** States at work: an execution that was stopped is over when these are. */
  readonly running: Set<Promise<unknown>>;
}
