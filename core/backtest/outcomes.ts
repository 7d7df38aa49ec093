import { qualityOf, ratio } from './curve.ts';
import { APPROVE, dateOf, dayOf, FRAUD, LEGIT, OUTCOMES, type ScoredTable } from './scored.ts';

/** What alerts of one kind are worth. */
export interface Quality {
  readonly alerts: number;
  readonly frauds: number;
  readonly legit: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly alerts_per_day: number;
}

/** One UTC day of the range. */
export interface DayRow {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly transactions: number;
  readonly frauds: number;
  /** Rows that were reviewed or declined. */
  readonly alerts: number;
  /** Frauds among the alerts. */
  readonly caught: number;
  readonly unlabelled: number;
}

/** Rows by truth. */
export interface TruthCounts {
  readonly frauds: number;
  readonly legit: number;
  readonly unlabelled: number;
}

/** Counts rows by truth. */
export function truthCounts({ truths }: ScoredTable, rows: Int32Array): TruthCounts {
  let [frauds, legit] = [0, 0];
  for (const row of rows) {
    if (truths[row] === FRAUD) frauds += 1;
    else if (truths[row] === LEGIT) legit += 1;
  }
  return { frauds, legit, unlabelled: rows.length - frauds - legit };
}

/** Quality of the rows whose outcome is at least as bad as `worst`: what was decided, lists and typologies included. */
export function outcomeQuality(
  table: ScoredTable,
  rows: Int32Array,
  { worst, days }: { readonly worst: 'review' | 'decline'; readonly days: number },
): Quality {
  const least = OUTCOMES.indexOf(worst);
  const alerts = rows.filter((row) => (table.outcomes[row] as number) >= least);
  const { frauds, legit } = truthCounts(table, alerts);
  const allFrauds = truthCounts(table, rows).frauds;
  return { alerts: alerts.length, frauds, legit, ...qualityOf({ frauds, legit, allFrauds }), alerts_per_day: alerts.length / days };
}

/** The most that anyone could reach with as many labelled alerts: frauds first. */
export function qualityCeiling(
  { frauds, legit }: Quality,
  allFrauds: number,
): { readonly precision: number | null; readonly recall: number | null } {
  const alerts = frauds + legit;
  const best = Math.min(alerts, allFrauds);
  return { precision: ratio(best, alerts), recall: ratio(best, allFrauds) };
}

/** A row for each UTC day of the range, days without transactions among them. */
export function dayRows(
  table: ScoredTable,
  rows: Int32Array,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): DayRow[] {
  const fromDay = dayOf(fromMs);
  const days = Array.from({ length: dayOf(toMs - 1) - fromDay + 1 }, () => ({
    transactions: 0,
    frauds: 0,
    alerts: 0,
    caught: 0,
    labelled: 0,
  }));
  for (const row of rows) {
    const day = days[dayOf(table.eventMs[row] as number) - fromDay] as (typeof days)[number];
    const [isAlert, isFraud] = [table.outcomes[row] !== APPROVE, table.truths[row] === FRAUD];
    day.transactions += 1;
    day.frauds += Number(isFraud);
    day.alerts += Number(isAlert);
    day.caught += Number(isAlert && isFraud);
    day.labelled += Number(isFraud || table.truths[row] === LEGIT);
  }
  return days.map(({ labelled, ...rest }, i) => ({ day: dateOf(fromDay + i), ...rest, unlabelled: rest.transactions - labelled }));
}
