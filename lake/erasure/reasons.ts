import { personalFieldsOf } from '../../core/definition/personal.ts';
import type { EventTypeSpec } from '../../core/definition/pipeline.ts';
import type { Test } from '../../core/rules/evidence.ts';
import type { Rule } from '../../core/rules/rule.ts';
import { parseTemplate, type Template } from '../../core/rules/template.ts';
import type { Subject } from './subject.ts';

/** Masks what rules wrote about events of the subject, so that the same rules write the same about the masked events. */
export interface ReasonMask {
  /** Reason of a rule that fired. */
  reason(ruleId: string, text: string): string;
  /** Values that made a rule fire, a JSON object. */
  values(json: string): string;
  /** Tests that made rules fire, a JSON object by rule. */
  tests(json: string): string;
  /** Group of an alert of a rule. */
  group(ruleId: string, version: number, group: string): string;
}

/** What a reason shows in the place of a value that is not there. */
const ABSENT = 'unknown';

/** Makes the mask; `rules` are all that ever judged, in all versions. A rule that is not among them may have written anything. */
export function createReasonMask(rules: readonly Rule[], type: EventTypeSpec, { field, value, pseudonym }: Subject): ReasonMask {
  const personal = new Set(personalFieldsOf(type));
  const shown = (name: string, text: string): string => (name === field ? pseudonym : personal.has(name) ? ABSENT : text);
  return {
    reason: (ruleId, text) => {
      for (const rule of rules.filter(({ id }) => id === ruleId)) {
        const masked = throughTemplate(parseTemplate(rule.reason, ruleId), text, shown);
        if (masked !== undefined) return masked;
      }
      return text.replaceAll(value, pseudonym);
    },
    values: (json) => {
      const entries = Object.entries(JSON.parse(json) as Record<string, unknown>);
      const kept = entries.filter(([path]) => !personal.has(path.replace(/^event\./, '')));
      return JSON.stringify(Object.fromEntries(kept.map(([path, one]) => [path, path === `event.${field}` ? pseudonym : one])));
    },
    tests: (json) => {
      const byRule = Object.entries(JSON.parse(json) as Record<string, readonly Test[]>);
      const masked = ({ test, ...sides }: Test): Test => {
        if ([...personal].some((name) => test.includes(`event.${name}`))) return { test };
        const shownSides = Object.entries(sides).map(([side, one]) => [side, one === value ? pseudonym : one]);
        return { test: test.replaceAll(value, pseudonym), ...Object.fromEntries(shownSides) };
      };
      return JSON.stringify(Object.fromEntries(byRule.map(([ruleId, tests]) => [ruleId, tests.map(masked)])));
    },
    group: (ruleId, version, group) => {
      const rule = rules.find((one) => one.id === ruleId && one.version === version);
      if (rule === undefined) return group === value ? pseudonym : group;
      if (rule.alert.groupBy === field) return pseudonym;
      return personal.has(rule.alert.groupBy) ? '' : group;
    },
  };
}

/** Puts other values into a text that was made by a template; undefined if it was not. */
function throughTemplate(template: Template, text: string, shown: (name: string, text: string) => string): string | undefined {
  const pattern = template.map((part) => (typeof part === 'string' ? part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&') : '(.*?)')).join('');
  const found = new RegExp(`^${pattern}$`, 's').exec(text);
  if (found === null) return undefined;
  let group = 0;
  return template
    .map((part) => {
      if (typeof part === 'string') return part;
      group += 1;
      const old = found[group] ?? '';
      return part.source === 'event' ? shown(part.name, old) : old;
    })
    .join('');
}
