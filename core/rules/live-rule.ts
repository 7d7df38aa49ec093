import type { DecisionSpec } from '../definition/pipeline.ts';
import { usageError } from '../errors.ts';
import type { Event } from '../model.ts';
import { type Condition, compileCondition } from './condition.ts';
import type { FeatureValues, FiredRule } from './decision.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import type { NearMiss } from './near-miss.ts';
import type { Rule } from './rule.ts';
import { parseTemplate } from './template.ts';
import { type RuleInput, type Variable, type Variables, valueOfVariable } from './variables.ts';

/** A rule ready to judge events. */
export interface LiveRule {
  readonly rule: Rule;
  readonly condition: Condition;
  readonly evidence: Evidence;
  readonly reason: readonly (string | Variable)[];
  readonly group: Variable;
  /** Tells where it all but fires; absent where nobody asks, or where no number decides. */
  readonly nearMiss?: NearMiss | undefined;
}

/** Compiles one rule. Throws UsageError naming the rule, what is wrong, the value received and what is allowed. */
export function compileRule(rule: Rule, decision: DecisionSpec, variables: Variables): LiveRule {
  const where = `rule ${rule.id}`;
  if (rule.on !== decision.over) throw usageError(`${where}: on`, rule.on, decision.over);
  const typologies = Object.keys(decision.typologies ?? {});
  if (rule.typology !== undefined && !typologies.includes(rule.typology)) {
    throw usageError(
      `${where}: typology`,
      rule.typology,
      typologies.length === 0 ? 'none, since the decision of the pipeline names none' : typologies.join(', '),
    );
  }
  const group = [...variables.event.values()].find(({ from }) => from === rule.alert.groupBy);
  if (group === undefined) {
    throw usageError(`${where}: alert.group_by`, rule.alert.groupBy, [...variables.event.values()].map(({ from }) => from).join(', '));
  }
  const condition = compileCondition(rule.condition, variables, where);
  const reason = parseTemplate(rule.reason, where).map((part) => {
    if (typeof part === 'string') return part;
    const variable = variables[part.source].get(part.name);
    if (variable !== undefined) return variable;
    const names = [...variables[part.source].values()].map(({ path }) => path).join(', ');
    throw usageError(`${where}: reason`, `{${part.source}.${part.name}}`, names);
  });
  return { rule, condition, evidence: evidenceOf(rule.condition, condition.compiled.typed), reason, group };
}

/** What a rule that fired has to say. */
export function firedRule(
  live: LiveRule,
  input: RuleInput,
  { event, features }: { readonly event: Event; readonly features: FeatureValues },
): FiredRule {
  const { rule, condition, evidence, reason, group } = live;
  const given = (variable: Variable): ReturnType<typeof valueOfVariable> =>
    valueOfVariable(variable, variable.path.startsWith('event.') ? event.values : features);
  const textOf = (variable: Variable, absent: string): string => {
    const value = given(variable);
    return value === undefined ? absent : variable.toText(value);
  };
  const values = condition.reads.flatMap((variable) => {
    const value = given(variable);
    return value === undefined ? [] : [[variable.path, value] as const];
  });
  return {
    ruleId: rule.id,
    ruleVersion: rule.version,
    points: rule.points,
    typology: rule.typology,
    reason: reason.map((part) => (typeof part === 'string' ? part : textOf(part, 'unknown'))).join(''),
    values: Object.fromEntries(values),
    tests: evidence(input),
    alertGroup: textOf(group, ''),
    coolDownMs: rule.alert.coolDownMs,
  };
}
