import { usageError } from '../../core/errors.ts';
import type { RuleList } from '../../core/rules/list.ts';
import type { Rule, RuleStatus } from '../../core/rules/rule.ts';
import type { RuleSetSource } from '../../core/rules/source.ts';
import type { NamedRules } from './sets.ts';

/** Where a status may lead: what was retired stays so, and comes back as a higher version only. */
const NEXT: Readonly<Record<RuleStatus, readonly RuleStatus[]>> = {
  draft: ['shadow', 'active', 'retired'],
  shadow: ['draft', 'active', 'paused', 'retired'],
  active: ['shadow', 'paused', 'retired'],
  paused: ['shadow', 'active', 'retired'],
  retired: [],
};

/** What is different in a rule set, one line for each rule and list. */
export function differencesOf(before: RuleSetSource, after: RuleSetSource): string[] {
  const rules = pairs(before.rules, after.rules).map(([old, now]) => ruleLine(old, now));
  const lists = pairs(before.lists, after.lists).map(([old, now]) => listLine(old, now));
  return [...rules, ...lists].filter((line) => line !== undefined);
}

function pairs<T extends { readonly id: string }>(before: readonly T[], after: readonly T[]): [T | undefined, T | undefined][] {
  const ids = new Set([...before, ...after].map(({ id }) => id));
  return [...ids].sort().map((id) => [before.find((one) => one.id === id), after.find((one) => one.id === id)]);
}

function ruleLine(old: Rule | undefined, now: Rule | undefined): string | undefined {
  if (old === undefined) return now === undefined ? undefined : `rule ${now.id} ${now.version} is new, ${now.status}`;
  if (now === undefined) return `rule ${old.id} ${old.version} is gone, was ${old.status}`;
  const changed = [
    ...(now.version === old.version ? [] : [`${old.version} to ${now.version}`]),
    ...(now.status === old.status ? [] : [`${old.status} to ${now.status}`]),
    ...(now.owner === old.owner ? [] : [`owner ${old.owner} to ${now.owner}`]),
  ];
  if (changed.length > 0) return `rule ${now.id} ${changed.join(', ')}`;
  return JSON.stringify(old) === JSON.stringify(now) ? undefined : `rule ${now.id} ${now.version} has another description`;
}

function listLine(old: RuleList | undefined, now: RuleList | undefined): string | undefined {
  if (old === undefined) return now === undefined ? undefined : `list ${now.id} is new, ${now.effect}, ${now.entries.length} entries`;
  if (now === undefined) return `list ${old.id} is gone`;
  if (JSON.stringify(old) === JSON.stringify(now)) return undefined;
  const values = new Set(old.entries.map(({ value }) => value));
  const added = now.entries.filter(({ value }) => !values.has(value)).length;
  return `list ${now.id} ${added} entries more, ${old.entries.length - now.entries.length + added} fewer`;
}

/** Throws UsageError if a rule goes where its status does not lead. */
export function assertTransitions(before: RuleSetSource, after: RuleSetSource): void {
  for (const now of after.rules) {
    const old = before.rules.find(({ id }) => id === now.id);
    if (old === undefined || now.version !== old.version || now.status === old.status) continue;
    const next = NEXT[old.status];
    if (next.includes(now.status)) continue;
    throw usageError(
      `rule ${now.id}: status`,
      `${now.status}, while it is ${old.status}`,
      next.length === 0 ? `${old.status}, or a higher version of the rule` : [old.status, ...next].join(', '),
    );
  }
}

/**
 * Throws UsageError for a rule whose text was changed while its version stayed: what was decided by that version could no longer be told.
 * Status, owner and description may change.
 */
export function assertVersions(kept: readonly NamedRules[], after: RuleSetSource): void {
  const texts = new Map(kept.flatMap(({ rules }) => rules.map((rule) => [versionName(rule), textOf(rule)] as const)));
  for (const rule of after.rules) {
    const before = texts.get(versionName(rule));
    if (before === undefined || before === textOf(rule)) continue;
    throw usageError(
      `rule ${rule.id}: version`,
      rule.version,
      `a version that no other text has had; this one was\n  ${before}\nand is\n  ${textOf(rule)}`,
    );
  }
}

function versionName({ id, version }: Rule): string {
  return `${id} ${version}`;
}

/** What a rule does. */
function textOf({ on, condition, points, typology, reason, alert }: Rule): string {
  return JSON.stringify({ on, condition, points, typology, reason, alert });
}
