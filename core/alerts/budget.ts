import type { AlertBudget } from '../definition/alerts.ts';
import type { DecisionSpec } from '../definition/pipeline.ts';
import { currencyExponent } from '../events/currency.ts';
import { type Firing, rankOf } from './firing.ts';

/** The greatest expected loss of an entity on one day, and the minute of the day when it was reached. */
type Candidate = readonly [lossMinor: number, minute: number];

/** What the budget remembers: today, and the days before without their names. */
export interface BudgetState {
  /** UTC day, days since 1970. */
  readonly day: number;
  /** Minute of the day from which on it was watched. */
  readonly fromMinute: number;
  /** Entities of which a case was opened today. */
  readonly opened: readonly string[];
  /** The dearest entities of today that asked for a case, by name. */
  readonly asked: Readonly<Record<string, Candidate>>;
  /** Those of the last days, the newest first. */
  readonly past: readonly (readonly Candidate[])[];
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** Days that tell what a day brings: a week, so that each day of the week is in it. */
const PAST_DAYS = 7;
/** How far ahead of an even pace the first day may be. */
const FIRST_MINUTES = 60;
/** Entities remembered of a day, as a multiple of the budget: the threshold lies within them unless a day brings half the usual. */
const REMEMBERED = 2;

/** A budget that has seen nothing. */
export function newBudget(nowMs: number): BudgetState {
  return { day: Math.floor(nowMs / DAY_MS), fromMinute: minuteOf(nowMs), opened: [], asked: {}, past: [] };
}

/**
 * Expected loss of a firing in minor units of the budget's currency: the amount times a probability of fraud that is taken to be the share
 * of the points that decline (1 for whatever is declined). Null where amount or rate are not known.
 */
export function expectedLoss(firing: Firing, budget: AlertBudget, decision: DecisionSpec): number | null {
  const { amountMinor, currency } = firing;
  if (amountMinor === null || currency === null) return null;
  const rate = currency === budget.currency ? 1 : budget.rates?.[currency];
  const [from, to] = [currencyExponent(currency), currencyExponent(budget.currency)];
  if (rate === undefined || from === undefined || to === undefined) return null;
  return Math.round(amountMinor * rate * 10 ** (to - from) * probability(firing, decision));
}

function probability({ outcome, score }: Firing, { reviewPoints, declinePoints }: DecisionSpec): number {
  if (outcome === 'decline') return 1;
  return Math.min(1, Math.max(score, rankOf(outcome) > 0 ? reviewPoints : 0) / declinePoints);
}

/**
 * Asks for a case of an entity. What comes after this time of day on the last days says how dear the cases still to come are: the
 * threshold is the loss from which on they would use up what is left of the budget. Nothing of the time to come is known, and what is left
 * is never exceeded. A loss that is not known is dear: a person must see that a rate is missing.
 */
export function ask(
  before: BudgetState,
  { entity, lossMinor, nowMs }: { readonly entity: string; readonly lossMinor: number | null; readonly nowMs: number },
  perDay: number,
): { readonly state: BudgetState; readonly isGranted: boolean } {
  const state = onDay(before, nowMs);
  if (state.opened.includes(entity)) return { state: asking(state, entity, lossMinor, nowMs, perDay), isGranted: true };
  const isGranted = state.opened.length < perDay && (lossMinor ?? Number.POSITIVE_INFINITY) >= threshold(state, nowMs, perDay);
  const asked = asking(state, entity, lossMinor, nowMs, perDay);
  return { state: isGranted ? { ...asked, opened: [...asked.opened, entity] } : asked, isGranted };
}

/** Least expected loss for which a case is opened at a moment, in minor units. */
export function threshold(before: BudgetState, nowMs: number, perDay: number): number {
  const state = onDay(before, nowMs);
  const left = perDay - state.opened.length;
  if (left <= 0) return Number.POSITIVE_INFINITY;
  const minute = minuteOf(nowMs);
  if (state.past.length === 0) return firstDayThreshold(state, minute, perDay);
  const later = state.past.flatMap((day) => day.flatMap(([loss, at]) => (at > minute ? [loss] : []))).sort((a, b) => b - a);
  return later[left * state.past.length - 1] ?? 0;
}

/** On the first day the budget is spread over what is left of it, and what came so far stands for what is to come at the same pace. */
function firstDayThreshold({ fromMinute, asked, opened }: BudgetState, minute: number, perDay: number): number {
  const share = (minute - fromMinute + FIRST_MINUTES) / (DAY_MINUTES - fromMinute);
  if (opened.length >= Math.max(1, perDay * share)) return Number.POSITIVE_INFINITY;
  const losses = Object.values(asked).map(([loss]) => loss);
  const affordable = Math.floor(((perDay - opened.length) * (minute - fromMinute + 1)) / (DAY_MINUTES - minute));
  return losses.sort((a, b) => b - a)[affordable] ?? 0;
}

function onDay(state: BudgetState, nowMs: number): BudgetState {
  const day = Math.floor(nowMs / DAY_MS);
  // A clock that steps back a little over midnight changes nothing.
  if (day <= state.day) return state;
  const past = [Object.values(state.asked), ...state.past].slice(0, PAST_DAYS);
  return { day, fromMinute: 0, opened: [], asked: {}, past };
}

function asking(state: BudgetState, entity: string, lossMinor: number | null, nowMs: number, perDay: number): BudgetState {
  if (lossMinor === null || (state.asked[entity]?.[0] ?? -1) >= lossMinor) return state;
  const asked: Record<string, Candidate> = { ...state.asked, [entity]: [lossMinor, minuteOf(nowMs)] };
  const names = Object.keys(asked);
  if (names.length > perDay * REMEMBERED) {
    const least = names.reduce((a, b) => ((asked[a]?.[0] ?? 0) <= (asked[b]?.[0] ?? 0) ? a : b));
    delete asked[least];
  }
  return { ...state, asked };
}

function minuteOf(nowMs: number): number {
  return Math.floor((nowMs % DAY_MS) / MINUTE_MS);
}
