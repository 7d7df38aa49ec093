import fc from 'fast-check';
import { admit, type CaseState, type Circumstances, closeWhatIsOver, NEW_CASE, type Summary } from '../../../core/alerts/case.ts';
import type { Firing } from '../../../core/alerts/firing.ts';
import type { Snooze } from '../../../core/alerts/snooze.ts';

export const START_MS = Date.parse('2026-01-05T10:00:00Z');
export const MINUTE_MS = 60_000;
export const MARGIN = 4;

/** A firing of one entity; the event decides outcome, points and amount. */
export function firing(n: number, more: Partial<Firing> = {}): Firing {
  return {
    ...{ id: `rule/ada/e${n}`, ruleId: 'rule', eventId: `e${n}`, eventMs: START_MS + n, outcome: 'review', score: 4 },
    ...{ amountMinor: 10_000, currency: 'EUR', coolDownMs: 60 * MINUTE_MS },
    ...more,
  };
}

/** What makes decisions depend on nothing but the case and the time. */
export function at(nowMs: number, more: Partial<Circumstances> = {}): Circumstances {
  return {
    ...{ nowMs, snooze: undefined, marginPoints: MARGIN, caseIdAt: (ms) => `c${ms}`, mayOpen: () => true, lossOf: () => null },
    ...more,
  };
}

/** One entity over time. */
export class Story {
  state: CaseState = NEW_CASE;
  readonly summaries: Summary[] = [];

  admit(one: Firing, nowMs: number, more: Partial<Circumstances> = {}): void {
    this.state = admit(this.state, one, at(nowMs, more));
    this.tell();
  }

  /** Looks for what is over. */
  look(nowMs: number, snooze?: Snooze): void {
    this.state = closeWhatIsOver(this.state, { nowMs, snooze });
    this.tell();
  }

  fates(): string[] {
    return this.state.decided.map(({ fate }) => fate);
  }

  private tell(): void {
    this.summaries.push(...this.state.summaries);
    this.state = { ...this.state, summaries: [] };
  }
}

/** Firings of one entity in the order of arrival, any rules, events, outcomes and pauses; ids are their own. */
export const ARRIVALS = fc
  .array(
    fc.record({
      ruleId: fc.constantFrom('a', 'b', 'c'),
      event: fc.nat(12),
      // Late events come long after they happened.
      eventMs: fc.integer({ min: -86_400_000, max: 86_400_000 }),
      outcome: fc.constantFrom('approve', 'review', 'decline'),
      score: fc.nat(20),
      amountMinor: fc.option(fc.nat(1_000_000)),
      currency: fc.constantFrom('EUR', 'JPY'),
      coolDownMs: fc.constantFrom(MINUTE_MS, 60 * MINUTE_MS),
      pauseMs: fc.oneof({ weight: 3, arbitrary: fc.nat(90_000) }, { weight: 1, arbitrary: fc.nat(90 * MINUTE_MS) }),
    }),
    { maxLength: 120 },
  )
  .map((list) =>
    list.map(({ event, pauseMs, eventMs, ...one }, i) => ({
      pauseMs,
      one: { ...one, id: `${one.ruleId}/ada/${i}`, eventId: `e${event}`, eventMs: START_MS + eventMs } as Firing,
    })),
  );
