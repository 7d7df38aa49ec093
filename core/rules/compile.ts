import type { DecisionSpec, Pipeline } from '../definition/pipeline.ts';
import { usageError } from '../errors.ts';
import type { Event, FieldValue } from '../model.ts';
import { type Condition, compileCondition } from './condition.ts';
import type { Rule } from './rule.ts';
import { parseTemplate } from './template.ts';
import { type Variable, type Variables, valueOfVariable, variablesOf } from './variables.ts';

/** Feature values of one judged event, by name; null where there is no value. */
export type FeatureValues = Readonly<Record<string, number | null>>;

/** One rule that fired, with the values that made it fire. */
export interface FiredRule {
  readonly ruleId: string;
  readonly ruleVersion: number;
  readonly points: number;
  readonly reason: string;
  /** Every present value that the condition names, in real units, such as `event.amount_minor`: 23000. */
  readonly values: Readonly<Record<string, FieldValue>>;
  /** Value of the alert's group field; '' where the event lacks it. */
  readonly alertGroup: string;
  readonly coolDownMs: number;
}

/** A rule that could not be evaluated. */
export interface FailedRule {
  readonly ruleId: string;
  readonly error: string;
}

/** What the rules say about one event. */
export interface Decision {
  readonly outcome: 'approve' | 'review' | 'decline';
  /** Sum of the points of the active rules that fired. */
  readonly score: number;
  /** Active rules that fired, by id. */
  readonly fired: readonly FiredRule[];
  /** Shadow rules that fired; they change nothing. */
  readonly shadow: readonly FiredRule[];
  /** Active and shadow rules whose condition ended in an error. */
  readonly failed: readonly FailedRule[];
  /** Ids of active and shadow rules that needed a feature which has no value yet. */
  readonly noHistory: readonly string[];
}

/** A compiled rule set. */
export interface RuleSet {
  readonly version: string;
  /** All rules, drafts and retired ones too, by id. */
  readonly rules: readonly Rule[];
  /** Judges one event. A pure function of its arguments; a rule's error is that rule's outcome and never an exception. */
  judge(event: Event, features: FeatureValues): Decision;
}

interface LiveRule {
  readonly rule: Rule;
  readonly condition: Condition;
  readonly reason: readonly (string | Variable)[];
  readonly group: Variable;
}

/** Compiles rules for a pipeline. Throws UsageError naming the rule, the path, the value received and what is allowed. */
export function compileRules(rules: readonly Rule[], pipeline: Pipeline, version: string): RuleSet {
  const sorted = [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { decision } = pipeline;
  if (decision === undefined) {
    const first = sorted[0];
    if (first !== undefined) throw usageError(`rule ${first.id}: on`, first.on, 'no rules, since the pipeline declares no decision');
    return { version, rules: sorted, judge: () => NOTHING };
  }
  const variables = variablesOf(pipeline, decision.over);
  const compiled = sorted.map((rule) => compileRule(rule, decision, variables));
  return new CompiledRuleSet(version, sorted, decision, compiled);
}

const NOTHING: Decision = { outcome: 'approve', score: 0, fired: [], shadow: [], failed: [], noHistory: [] };

function compileRule(rule: Rule, decision: DecisionSpec, variables: Variables): LiveRule {
  const where = `rule ${rule.id}`;
  if (rule.on !== decision.over) throw usageError(`${where}: on`, rule.on, decision.over);
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
  return { rule, condition, reason, group };
}

class CompiledRuleSet implements RuleSet {
  readonly version: string;
  readonly rules: readonly Rule[];
  private readonly decision: DecisionSpec;
  private readonly live: readonly LiveRule[];
  private readonly eventReads: readonly Variable[];
  private readonly featureReads: readonly Variable[];
  // Filled anew for each event: judging is synchronous, and a fresh array per event would cost more than it tells.
  private readonly input: (FieldValue | undefined)[] = [];

  constructor(version: string, rules: readonly Rule[], decision: DecisionSpec, compiled: readonly LiveRule[]) {
    this.version = version;
    this.rules = rules;
    this.decision = decision;
    this.live = compiled.filter(({ rule }) => rule.status === 'active' || rule.status === 'shadow');
    const reads = new Set(this.live.flatMap(({ condition }) => condition.reads));
    this.eventReads = [...reads].filter(({ path }) => path.startsWith('event.'));
    this.featureReads = [...reads].filter(({ path }) => path.startsWith('features.'));
  }

  judge(event: Event, features: FeatureValues): Decision {
    this.look(event, features);
    const fired: FiredRule[] = [];
    const shadow: FiredRule[] = [];
    const failed: FailedRule[] = [];
    const noHistory: string[] = [];
    let score = 0;
    for (const live of this.live) {
      const outcome = live.condition.evaluate(this.input);
      if (outcome === false) continue;
      if (outcome === 'no_history') noHistory.push(live.rule.id);
      else if (outcome !== true) failed.push({ ruleId: live.rule.id, error: outcome.error });
      else if (live.rule.status === 'shadow') shadow.push(firedRule(live, event, features));
      else {
        fired.push(firedRule(live, event, features));
        score += live.rule.points;
      }
    }
    return { outcome: this.outcomeOf(score), score, fired, shadow, failed, noHistory };
  }

  private look(event: Event, features: FeatureValues): void {
    for (const one of this.eventReads) this.input[one.index] = valueOfVariable(one, event.values);
    for (const one of this.featureReads) this.input[one.index] = valueOfVariable(one, features);
  }

  private outcomeOf(score: number): Decision['outcome'] {
    if (score >= this.decision.declinePoints) return 'decline';
    return score >= this.decision.reviewPoints ? 'review' : 'approve';
  }
}

function variableValue(variable: Variable, event: Event, features: FeatureValues): FieldValue | undefined {
  return valueOfVariable(variable, variable.path.startsWith('event.') ? event.values : features);
}

function firedRule({ rule, condition, reason, group }: LiveRule, event: Event, features: FeatureValues): FiredRule {
  const values: Record<string, FieldValue> = {};
  for (const variable of condition.reads) {
    const value = variableValue(variable, event, features);
    if (value !== undefined) values[variable.path] = value;
  }
  const textOf = (part: string | Variable): string => {
    if (typeof part === 'string') return part;
    const value = variableValue(part, event, features);
    return value === undefined ? 'unknown' : part.toText(value);
  };
  const groupValue = variableValue(group, event, features);
  return {
    ruleId: rule.id,
    ruleVersion: rule.version,
    points: rule.points,
    reason: reason.map(textOf).join(''),
    values,
    alertGroup: groupValue === undefined ? '' : group.toText(groupValue),
    coolDownMs: rule.alert.coolDownMs,
  };
}

/** Id of the alert of a rule on one event of one key: equal for repeats, different for any other rule, key or event. */
export function alertIdOf(ruleId: string, key: string, eventId: string): string {
  return `${escaped(ruleId)}/${escaped(key)}/${escaped(eventId)}`;
}

/** Keeps `/` free as the separator. Not encodeURIComponent: ids are any text, and that throws on lone surrogates. */
function escaped(part: string): string {
  return part.includes('/') || part.includes('%') ? part.replaceAll('%', '%25').replaceAll('/', '%2F') : part;
}
