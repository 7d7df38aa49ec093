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
  /** An entry of a list that the event met, as `effect list: field value: reason`. */
  hit(text: string): string;
  /** Group of an alert of a rule. */
  group(ruleId: string, version: number, group: string): string;
}

/** What a reason shows in the place of a value that is not there. */
const ABSENT = 'unknown';

/** Makes the mask; `rules` are all that ever judged, in all versions. A rule that is not among them may have written anything. */
export function createReasonMask(
  rules: readonly Rule[],
  type: EventTypeSpec,
  { field, value, pseudonym, pseudonymOf }: Subject,
): ReasonMask {
  const [gone, veiled] = [new Set(personalFieldsOf(type, 'drop')), new Set(personalFieldsOf(type, 'pseudonym'))];
  const personal = new Set([...gone, ...veiled]);
  const shown = (name: string, text: string): string => {
    if (name === field) return pseudonym;
    if (veiled.has(name)) return text === ABSENT ? text : pseudonymOf(name, text);
    return gone.has(name) ? ABSENT : text;
  };
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
      const kept = entries.flatMap(([path, one]): [string, unknown][] => {
        const name = path.replace(/^event\./, '');
        if (gone.has(name)) return [];
        return [[path, name !== path && (name === field || veiled.has(name)) ? shown(name, String(one)) : one]];
      });
      return JSON.stringify(Object.fromEntries(kept));
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
    hit: (text) => {
      // The value may have any text in it: what follows it goes too.
      const [head, name = ''] = /^[a-z]+ [a-z0-9_]+: ([a-z0-9_]+) /.exec(text) ?? [];
      return head !== undefined && personal.has(name) ? `${head}erased` : text.replaceAll(value, pseudonym);
    },
    group: (ruleId, version, group) => {
      const rule = rules.find((one) => one.id === ruleId && one.version === version);
      if (rule === undefined) return group === value ? pseudonym : group;
      if (rule.alert.groupBy === field) return pseudonym;
      if (veiled.has(rule.alert.groupBy)) return group === '' ? group : pseudonymOf(rule.alert.groupBy, group);
      return gone.has(rule.alert.groupBy) ? '' : group;
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
