import { usageError } from '../../core/errors.ts';
import type { BackfillEvent } from './events.ts';

/** Does one step of a backfill; heeds `signal`, which fires when the call's time is up. The result is the outcome that the step has. */
export type Backfill = (event: BackfillEvent, signal: AbortSignal) => Promise<unknown>;

/** Makes the handler. The seam of the steps: there are none here, so that every one is refused. */
export function createBackfill(): Backfill {
  return async ({ step }) => {
    throw usageError('step of the backfill', step, 'none: this build has no steps');
  };
}
