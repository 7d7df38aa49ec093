import type { Fault } from './faults.ts';
import type { Outcome } from './pool.ts';

/** The line that a run ends with. */
export interface Summary {
  readonly schedules: number;
  /** User records on the streams of all schedules. */
  readonly events: number;
  readonly faults_median: number;
  /** Schedules with a row, or an alert, that is not there. */
  readonly lost: number;
  /** Schedules with a row, or an alert, that must not be there. */
  readonly repeated: number;
  /** Schedules with a row of another content, a repeat that differs, a ledger that does not balance. */
  readonly wrong_rows: number;
  /** Schedules that did not come to an end, or ended in an exception. */
  readonly stalled: number;
  readonly failing_seeds: readonly number[];
}

/** Adds schedules up. */
export class Report {
  readonly counts = new Map<Fault, number>();
  private readonly faults: number[] = [];
  private readonly failing: number[] = [];
  private readonly sums = { schedules: 0, events: 0, lost: 0, repeated: 0, wrong_rows: 0, stalled: 0 };

  add(outcome: Outcome): void {
    const { sums } = this;
    sums.schedules += 1;
    if (!outcome.isRight) this.failing.push(outcome.seed);
    if ('crash' in outcome) {
      sums.stalled += 1;
      return;
    }
    const { lost, repeated, wrong, isStuck } = outcome.verdict;
    sums.events += outcome.events;
    if (lost.length > 0) sums.lost += 1;
    if (repeated.length > 0) sums.repeated += 1;
    if (wrong.length > 0) sums.wrong_rows += 1;
    if (isStuck) sums.stalled += 1;
    this.faults.push(outcome.faults);
    for (const [fault, count] of Object.entries(outcome.counts)) {
      this.counts.set(fault as Fault, (this.counts.get(fault as Fault) ?? 0) + count);
    }
  }

  summary(): Summary {
    const sorted = this.faults.toSorted((a, b) => a - b);
    const { schedules, events, ...rest } = this.sums;
    const failing = this.failing.toSorted((a, b) => a - b);
    return { schedules, events, faults_median: sorted[Math.floor(sorted.length / 2)] ?? 0, ...rest, failing_seeds: failing };
  }
}

/** What was wrong with a schedule, in a few lines. */
export function complaint(outcome: Outcome): string {
  if ('crash' in outcome) return outcome.crash.split('\n').slice(0, 4).join('\n');
  const { lost, repeated, wrong, isStuck } = outcome.verdict;
  return [
    ...(isStuck ? ['no progress: something is not processed, not closed or not delivered'] : []),
    ...lost.slice(0, 3).map((one) => `lost: ${one}`),
    ...repeated.slice(0, 3).map((one) => `repeated: ${one}`),
    ...wrong.slice(0, 3).map((one) => `wrong: ${one}`),
  ].join('\n');
}
