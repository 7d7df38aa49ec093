import { stringify } from 'yaml';
import type { Rule } from '../core/rules/rule.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** A rule as its file says it: reading it gives the same rule. */
export function ruleText({ id, version, owner, status, description, on, condition, points, typology, reason, alert }: Rule): string {
  const file = {
    ...{ id, version, owner, status, description, on, condition, points, ...(typology === undefined ? {} : { typology }), reason },
    alert: { group_by: alert.groupBy, cool_down: spanText(alert.coolDownMs) },
  };
  return stringify(file, { lineWidth: 0 });
}

function spanText(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, one]) => ms % one === 0) ?? ['m', 60_000];
  return `${ms / unitMs}${unit}`;
}
