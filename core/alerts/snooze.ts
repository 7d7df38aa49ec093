import { usageError } from '../errors.ts';

/** Alerts of one entity held back for a time, by somebody, for a reason. */
export interface Snooze {
  /** Field and value that alerts are grouped by. */
  readonly field: string;
  readonly value: string;
  readonly fromMs: number;
  /** End, exclusive, epoch ms. */
  readonly untilMs: number;
  readonly by: string;
  readonly why: string;
  /** Who ended it before the time. */
  readonly wokenBy?: string;
}

const DAY_MS = 86_400_000;
/** Longest snooze: whoever wants longer looks again first. */
export const SNOOZE_DAYS_MAX = 90;
/** Snoozes that are over stay listed for so long. */
const REMEMBERED_MS = 90 * DAY_MS;
const TEXT_MAX = 500;

/** The snooze of an entity that is in force at a moment. */
export function snoozeOf(snoozes: readonly Snooze[], { field, value }: Pick<Snooze, 'field' | 'value'>, nowMs: number): Snooze | undefined {
  return snoozes.find((one) => one.field === field && one.value === value && one.fromMs <= nowMs && nowMs < one.untilMs);
}

/** The list with one more snooze, which takes the place of one in force. Throws UsageError for an end or a reason that is none. */
export function withSnooze(snoozes: readonly Snooze[], snooze: Snooze): Snooze[] {
  const { fromMs, untilMs, why, by } = snooze;
  const isAhead = Number.isFinite(untilMs) && untilMs > fromMs && untilMs <= fromMs + SNOOZE_DAYS_MAX * DAY_MS;
  if (!isAhead) {
    const allowed = `a time after now, at most ${SNOOZE_DAYS_MAX} days ahead (${timeText(fromMs + SNOOZE_DAYS_MAX * DAY_MS)})`;
    throw usageError('end of the snooze', timeText(untilMs), allowed);
  }
  for (const [what, text] of [
    ['reason of the snooze', why],
    ['owner of the snooze', by],
  ] as const)
    if (!/\S/.test(text) || text.length > TEXT_MAX) throw usageError(what, text, `text of 1..${TEXT_MAX} characters`);
  return [...withoutOld(ended(snoozes, { ...snooze, nowMs: fromMs, by }), fromMs), snooze];
}

/** The list with the snooze of an entity ended. Throws UsageError if there is none in force. */
export function withoutSnooze(
  snoozes: readonly Snooze[],
  { field, value, nowMs, by }: Pick<Snooze, 'field' | 'value' | 'by'> & { readonly nowMs: number },
): Snooze[] {
  if (snoozeOf(snoozes, { field, value }, nowMs) === undefined) {
    const inForce = snoozes.filter((one) => nowMs < one.untilMs).map((one) => `${one.field}=${one.value}`);
    throw usageError('entity', `${field}=${value}`, inForce.length === 0 ? 'none: nothing is snoozed' : inForce.join(', '));
  }
  return withoutOld(ended(snoozes, { field, value, nowMs, by }), nowMs);
}

function ended(
  snoozes: readonly Snooze[],
  { field, value, nowMs, by }: Pick<Snooze, 'field' | 'value' | 'by'> & { readonly nowMs: number },
): Snooze[] {
  const inForce = snoozeOf(snoozes, { field, value }, nowMs);
  return snoozes.map((one) => (one === inForce ? { ...one, untilMs: nowMs, wokenBy: by } : one));
}

function withoutOld(snoozes: readonly Snooze[], nowMs: number): Snooze[] {
  return snoozes.filter(({ untilMs }) => untilMs > nowMs - REMEMBERED_MS);
}

function timeText(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : 'no time';
}
