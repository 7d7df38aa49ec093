import type { Outcome } from '../rules/decision.ts';

/** One firing of an active rule, as far as its delivery is concerned. */
export interface Firing {
  /** Column `alert_id`. */
  readonly id: string;
  readonly ruleId: string;
  readonly eventId: string;
  /** Event time, epoch ms. */
  readonly eventMs: number;
  /** What was decided about the event, all rules together. */
  readonly outcome: Outcome;
  /** Points of the event, all rules together. */
  readonly score: number;
  /** What the event is about, in minor units of `currency`; null where the pipeline names no amount. */
  readonly amountMinor: number | null;
  readonly currency: string | null;
  /** How long its rule wants the case to stay quiet, ms. */
  readonly coolDownMs: number;
}

/** How bad what people know of a case is: the worst of each kind. */
export interface Severity {
  readonly rank: number;
  readonly score: number;
  /** Greatest amount by currency, minor units. */
  readonly amounts: Readonly<Record<string, number>>;
}

const RANKS: readonly Outcome[] = ['approve', 'review', 'decline'];
/** An amount so many times the greatest that was told is news: a test of ten euro, then a thousand. */
const AMOUNT_FACTOR = 3;

/** Place of an outcome among outcomes: 0 approve, 1 review, 2 decline. */
export function rankOf(outcome: Outcome): number {
  return RANKS.indexOf(outcome);
}

/** How bad one firing is. */
export function severityOf({ outcome, score, amountMinor, currency }: Firing): Severity {
  const amounts = amountMinor === null || currency === null ? {} : { [currency]: amountMinor };
  return { rank: rankOf(outcome), score, amounts };
}

/** The worst of both. */
export function worstOf(a: Severity, b: Severity): Severity {
  const amounts: Record<string, number> = { ...a.amounts };
  for (const [currency, amount] of Object.entries(b.amounts)) amounts[currency] = Math.max(amounts[currency] ?? amount, amount);
  return { rank: Math.max(a.rank, b.rank), score: Math.max(a.score, b.score), amounts };
}

/**
 * Whether a firing is worse than all that was told: a higher outcome, at least `marginPoints` more points, or an amount at least three
 * times the greatest in its currency (the first in a currency is).
 */
export function isWorse(firing: Firing, told: Severity, marginPoints: number): boolean {
  const { rank, score, amounts } = severityOf(firing);
  if (rank > told.rank || score >= told.score + marginPoints) return true;
  return Object.entries(amounts).some(([currency, amount]) => {
    const greatest = told.amounts[currency];
    return greatest === undefined || (amount > greatest && amount >= AMOUNT_FACTOR * greatest);
  });
}

/** Whether a firing is so much worse that a snooze must not hold it back: a higher outcome, or twice the points and a margin more. */
export function breaksSnooze(firing: Firing, known: Severity, marginPoints: number): boolean {
  return rankOf(firing.outcome) > known.rank || firing.score >= Math.max(2 * known.score, known.score + marginPoints);
}

/** Order in which firings of one moment are told: the worst first, whatever order they came in. */
export function worstFirst(a: Firing, b: Firing): number {
  return (
    rankOf(b.outcome) - rankOf(a.outcome) ||
    b.score - a.score ||
    (b.amountMinor ?? 0) - (a.amountMinor ?? 0) ||
    a.eventMs - b.eventMs ||
    (a.id < b.id ? -1 : 1)
  );
}
