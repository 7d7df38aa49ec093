import type { Decided, Listed, Summary } from '../../core/alerts/case.ts';
import { rankOf } from '../../core/alerts/firing.ts';
import { currencyExponent } from '../../core/events/currency.ts';
import type { Alert, Row } from '../../core/ports.ts';
import { scaledText } from '../../lake/rows.ts';

/** The row of an alert with what became of it, which marks it as done. It names no other alert: that may be of somebody else. */
export function decidedRow(row: Row, decided: Decided, entity: string): Row {
  const { fate, caseId, atMs, isThroughSnooze, lossMinor } = decided;
  return {
    ...row,
    ...{ kind: 'alert', delivery: fate, decided_at: atMs, entity, case_id: caseId },
    ...(isThroughSnooze ? { through_snooze: true } : {}),
    ...(lossMinor === null ? {} : { expected_loss_minor: lossMinor }),
  };
}

/** Whether a row says what became of the alert: its delivery is done. */
export function isDecided(row: Row): boolean {
  return typeof row['delivery'] === 'string';
}

/** Row of the table of deliveries. */
export function deliveryRow(row: Row, { id, fate, caseId, lossMinor, atMs }: Decided, keyField: string): Row {
  return {
    alert_id: id,
    event_id: row['event_id'] ?? '',
    event_time: row['event_time'] ?? atMs,
    [keyField]: row[keyField] ?? '',
    rule_id: row['rule_id'] ?? '',
    delivery: fate,
    case_id: caseId,
    expected_loss_minor: lossMinor,
    decided_at: atMs,
  };
}

/** A summary as subscribers get it: a row like that of an alert, with the list in `alerts`, a JSON text. */
export function summaryAlert(summary: Summary, entity: string): Alert {
  const { id, kind, caseId, follows, startMs, endMs, count, listed } = summary;
  const worst = listed.reduce((a, b) => (rankOf(b.outcome) > rankOf(a.outcome) ? b : a));
  const row: Row = {
    alert_id: id,
    kind: 'summary',
    because: kind,
    rule_id: 'summary',
    event_time: endMs,
    outcome: worst.outcome,
    entity,
    case_id: caseId,
    follows,
    summary_start: startMs,
    summary_end: endMs,
    count,
    reason: reasonOf(summary, entity),
    alerts: JSON.stringify(listed.map(asJson)),
  };
  return { id, row };
}

/** The ids that a summary lists. */
export function listedIds({ row }: Alert): string[] {
  return (JSON.parse(String(row['alerts'] ?? '[]')) as { alert_id: string }[]).map((one) => one.alert_id);
}

function reasonOf({ kind, startMs, endMs, count, listed }: Summary, entity: string): string {
  const byRule = new Map<string, number>();
  for (const { ruleId } of listed) byRule.set(ruleId, (byRule.get(ruleId) ?? 0) + 1);
  const rules = [...byRule].map(([rule, times]) => `${rule} ${times}`).join(', ');
  const largest = largestOf(listed);
  const what = kind === 'snooze' ? 'held back by a snooze' : 'more, none worse than what was told';
  const more = count > listed.length ? `; the first ${listed.length}` : '';
  return `${count} of ${entity} ${what}, ${timeText(startMs)} to ${timeText(endMs)}${more}: ${rules}${largest}`;
}

function largestOf(listed: readonly Listed[]): string {
  const greatest = new Map<string, number>();
  for (const { amountMinor, currency } of listed)
    if (amountMinor !== null && currency !== null) greatest.set(currency, Math.max(greatest.get(currency) ?? amountMinor, amountMinor));
  const texts = [...greatest].map(([currency, minor]) => `${scaledText(minor, currencyExponent(currency) ?? 0)} ${currency}`);
  return texts.length === 0 ? '' : `; at most ${texts.join(', ')}`;
}

function asJson({ id, ruleId, eventId, eventMs, outcome, score, amountMinor, currency }: Listed): object {
  const time = timeText(eventMs);
  return { alert_id: id, rule_id: ruleId, event_id: eventId, event_time: time, outcome, score, amount_minor: amountMinor, currency };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
