import type { Firing } from '../../core/alerts/firing.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import type { Alert, ObjectStore, Row, RowValue } from '../../core/ports.ts';
import type { Outcome } from '../../core/rules/decision.ts';
import type { Rule, RuleAlert } from '../../core/rules/rule.ts';
import { findSet } from '../../lake/rules/sets.ts';
import { alertStakeOf } from '../../lake/tables.ts';

/** Whom an alert is about: the value it is grouped by, with the name of the field. */
export interface Entity {
  readonly field: string;
  readonly value: string;
}

/** An alert that came, and what its delivery goes by. */
export interface Arrival {
  readonly alert: Alert;
  readonly firing: Firing;
  readonly entity: Entity;
}

/** How alerts of a rule are grouped, by an alert's row; undefined if nobody knows the rule any more. */
export type RuleAlertOf = (row: Row) => Promise<RuleAlert | undefined>;

const OUTCOMES: readonly Outcome[] = ['approve', 'review', 'decline'];
/** Cool-down of a rule that nobody knows. */
const COOL_DOWN_MS = 3_600_000;

/** The entity as one text: state keys, messages and the command write it so. */
export function entityName({ field, value }: Entity): string {
  return `${field}=${value}`;
}

/** The entity that a text names: what is before the first `=` is the field, for names of fields have none. */
export function entityOfName(name: string): Entity {
  const at = name.indexOf('=');
  return { field: name.slice(0, at), value: name.slice(at + 1) };
}

/** Looks rules up in the rule set that judged the event: the bundle's own, or one that the lake keeps. */
export function ruleAlerts(rules: { readonly version: string; readonly rules: readonly Rule[] }, objects: ObjectStore): RuleAlertOf {
  const byVersion = new Map([[rules.version, alertsById(rules.rules)]]);
  return async (row) => {
    const version = String(row['rule_set_version'] ?? '');
    let known = byVersion.get(version);
    if (known === undefined) {
      known = alertsById((await findSet(objects, version))?.rules ?? []);
      byVersion.set(version, known);
    }
    return known.get(String(row['rule_id']));
  };
}

function alertsById(rules: readonly Rule[]): Map<string, RuleAlert> {
  return new Map(rules.map(({ id, alert }) => [id, alert]));
}

/** Reads an alert's row. An event without the field that its rule groups by is grouped by its key. */
export async function arrivalOf(alert: Alert, pipeline: Pipeline, ruleAlertOf: RuleAlertOf): Promise<Arrival> {
  const { row } = alert;
  const rule = await ruleAlertOf(row);
  const keyField = pipeline.eventTypes[pipeline.decision?.over ?? '']?.key ?? 'key';
  const group = textOf(row['alert_group']);
  const entity =
    rule === undefined || group === '' ? { field: keyField, value: textOf(row[keyField]) } : { field: rule.groupBy, value: group };
  const stake = alertStakeOf(pipeline);
  const firing: Firing = {
    id: alert.id,
    ruleId: textOf(row['rule_id']),
    eventId: textOf(row['event_id']),
    eventMs: Number(row['event_time'] ?? 0),
    outcome: OUTCOMES.find((one) => one === row['outcome']) ?? 'approve',
    // Rows of before there was a score have the points of their rule.
    score: Number(row['score'] ?? row['points'] ?? 0),
    amountMinor: stake === undefined ? null : numberOf(row[stake.minorColumn]),
    currency: stake === undefined ? null : ((row[stake.currencyColumn] as string | undefined) ?? null),
    coolDownMs: rule?.coolDownMs ?? COOL_DOWN_MS,
  };
  return { alert, firing, entity };
}

function textOf(value: RowValue | undefined): string {
  return value === undefined || value === null ? '' : String(value);
}

function numberOf(value: RowValue | undefined): number | null {
  return value === undefined || value === null ? null : Number(value);
}
