import { currencyExponent } from '../events/currency.ts';
import { ensure, type Fields, fieldOf } from './check-tools.ts';
import type { Pipeline } from './pipeline.ts';

/** How many cases a day people can work on, and what they are ranked by. */
export interface AlertBudget {
  /** Cases that are opened on a UTC day at most. */
  readonly perDay: number;
  /** Currency that expected losses are compared in. */
  readonly currency: string;
  /** What one unit of other currencies is worth in it, such as `{ USD: 0.9 }`. */
  readonly rates?: Readonly<Record<string, number>>;
}

/** What alerts say and how they are delivered. */
export interface AlertSpec {
  /** Money field of the judged events that alerts carry: what is at stake. */
  readonly amount?: string;
  readonly budget?: AlertBudget;
}

/** Most cases a day: all of them are named in one state item. */
const PER_DAY_MAX = 500;

/** Checks what a pipeline says about alerts. Throws UsageError. */
export function checkAlerts({ alerts, decision, eventTypes }: Pipeline): void {
  if (alerts === undefined) return;
  ensure(decision !== undefined, 'alerts', 'a pipeline without decision', 'a pipeline that judges: only rules alert');
  const fields: Fields = eventTypes[decision?.over ?? '']?.fields ?? {};
  if (alerts.amount !== undefined) fieldOf('alerts.amount', fields, alerts.amount, ['money']);
  const { budget } = alerts;
  if (budget === undefined) return;
  ensure(alerts.amount !== undefined, 'alerts.amount', undefined, 'a money field of the judged events, since there is a budget');
  ensure(
    Number.isSafeInteger(budget.perDay) && budget.perDay >= 1 && budget.perDay <= PER_DAY_MAX,
    'alerts.budget.perDay',
    budget.perDay,
    `a whole number in 1..${PER_DAY_MAX}`,
  );
  checkCurrency('alerts.budget.currency', budget.currency);
  for (const [currency, rate] of Object.entries(budget.rates ?? {})) {
    checkCurrency('alerts.budget.rates', currency);
    ensure(currency !== budget.currency, 'alerts.budget.rates', currency, 'currencies other than that of the budget');
    ensure(Number.isFinite(rate) && rate > 0, `alerts.budget.rates.${currency}`, rate, 'a number above 0');
  }
}

function checkCurrency(path: string, code: string): void {
  ensure(currencyExponent(code) !== undefined, path, code, 'an ISO 4217 code such as EUR');
}
