import { usageError } from '../../core/errors.ts';
import type { ApprovalOutcome } from '../../functions/backfill/events.ts';
import { StateError, stopped } from './errors.ts';

/** Where a task that waits for a person hears the answer. */
export interface Answers {
  /** The approval that comes with a token, whoever gives it and when; rejects with the StateError `ApprovalRefused`. */
  waitFor(token: string, signal: AbortSignal): Promise<ApprovalOutcome>;
}

interface Waiting {
  readonly approve: (outcome: ApprovalOutcome) => void;
  readonly refuse: (error: StateError) => void;
}

/** Answers given within this process: each token once, and only while its task waits. */
export class PendingAnswers implements Answers {
  private readonly waiting = new Map<string, Waiting>();

  waitFor(token: string, signal: AbortSignal): Promise<ApprovalOutcome> {
    return new Promise((resolve, reject) => {
      this.waiting.set(token, { approve: resolve, refuse: reject });
      const stop = (): void => {
        this.waiting.delete(token);
        reject(stopped());
      };
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** Lets the workflow go on. Throws UsageError if nobody waits for this token: it was used, or its time is up. */
  approve(token: string, approvedBy: string): void {
    this.take(token).approve({ approvedBy });
  }

  /** Ends the workflow with `ApprovalRefused`. Throws UsageError as `approve`. */
  refuse(token: string, reason: string): void {
    this.take(token).refuse(new StateError('ApprovalRefused', reason));
  }

  private take(token: string): Waiting {
    const found = this.waiting.get(token);
    if (found === undefined) throw usageError('approval token', token, 'the token of a backfill that waits, once, before its time is up');
    this.waiting.delete(token);
    return found;
  }
}
