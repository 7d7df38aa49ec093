import type { DecisionSpec, Pipeline } from '../definition/pipeline.ts';
import { usageError } from '../errors.ts';
import type { Event } from '../model.ts';
import { type Decision, type FailedRule, type FeatureValues, type FiredRule, type ListHit, NOTHING, outcomeOf } from './decision.ts';
import { decisionFlips, type Explanation, explainRule } from './explain.ts';
import type { RuleList } from './list.ts';
import { ListView } from './list-view.ts';
import { compileRule, firedRule, type LiveRule } from './live-rule.ts';
import { nearMissOf } from './near-miss.ts';
import type { Rule } from './rule.ts';
import type { RuleSetSource } from './source.ts';
import { type RuleInput, type Variable, type Variables, valueOfVariable, variablesOf } from './variables.ts';

/** A compiled rule set. */
export interface RuleSet {
  readonly version: string;
  /** All rules, drafts and retired ones too, by id. */
  readonly rules: readonly Rule[];
  /** All lists, by id. */
  readonly lists: readonly RuleList[];
  /** Judges one event. A pure function of its arguments; a rule's error is that rule's outcome and never an exception. */
  judge(event: Event, features: FeatureValues): Decision;
  /** Judges one event and says, rule by rule, why, and what would have turned the verdict. */
  explain(event: Event, features: FeatureValues): Explanation;
}

/** What compiled rules tell beside their verdict. */
export interface CompileOptions {
  /** Whether decisions name the active rules that all but fired. */
  readonly nearMisses?: boolean;
}

/** Compiles rules and lists for a pipeline. Throws UsageError naming the rule or list, the path, the value received and what is allowed. */
export function compileRules(source: RuleSetSource, pipeline: Pipeline, version: string, options: CompileOptions = {}): RuleSet {
  const [rules, lists] = [sorted(source.rules), sorted(source.lists)];
  const { decision } = pipeline;
  if (decision === undefined) {
    const [first] = rules;
    if (first !== undefined) throw usageError(`rule ${first.id}: on`, first.on, 'no rules, since the pipeline declares no decision');
    return { version, rules, lists, judge: () => NOTHING, explain: () => ({ decision: NOTHING, rules: [], flips: [] }) };
  }
  const views = lists.map((list) => viewOf(list, pipeline, decision));
  const variables = variablesOf(pipeline, decision.over, lists);
  const compiled = rules.map((rule) => compileRule(rule, decision, variables));
  return new CompiledRuleSet({ version, rules, lists, decision, compiled, views, variables, ...options });
}

function sorted<T extends { readonly id: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function viewOf(list: RuleList, pipeline: Pipeline, decision: DecisionSpec): ListView {
  const fields = pipeline.eventTypes[decision.over]?.fields ?? {};
  const texts = Object.entries(fields).flatMap(([name, { kind }]) => (kind === 'string' || kind === 'currency' ? [name] : []));
  if (!texts.includes(list.field)) throw usageError(`list ${list.id}: field`, list.field, texts.join(', '));
  return new ListView(list);
}

interface Parts {
  readonly version: string;
  readonly rules: readonly Rule[];
  readonly lists: readonly RuleList[];
  readonly decision: DecisionSpec;
  readonly compiled: readonly LiveRule[];
  readonly views: readonly ListView[];
  readonly variables: Variables;
  readonly nearMisses?: boolean;
}

class CompiledRuleSet implements RuleSet {
  readonly version: string;
  readonly rules: readonly Rule[];
  readonly lists: readonly RuleList[];
  private readonly decision: DecisionSpec;
  private readonly live: readonly LiveRule[];
  private readonly views: readonly ListView[];
  private readonly eventReads: readonly Variable[];
  private readonly asksNearMisses: boolean;
  private readonly featureReads: readonly Variable[];
  // Filled anew for each event: judging is synchronous, and a fresh array per event would cost more than it tells.
  private readonly input: RuleInput[number][];

  constructor({ version, rules, lists, decision, compiled, views, variables, nearMisses = false }: Parts) {
    this.version = version;
    this.rules = rules;
    this.lists = lists;
    this.decision = decision;
    this.views = views;
    const live = compiled.filter(({ rule }) => rule.status === 'active' || rule.status === 'shadow');
    this.live = nearMisses ? live.map(withNearMiss) : live;
    this.asksNearMisses = nearMisses;
    const reads = new Set(this.live.flatMap(({ condition }) => condition.reads));
    this.eventReads = [...reads].filter(({ path }) => path.startsWith('event.'));
    this.featureReads = [...reads].filter(({ path }) => path.startsWith('features.'));
    this.input = new Array(variables.byPath.size).fill(undefined);
    for (const view of views) this.input[variables.lists.get(view.list.id)?.index ?? 0] = view;
  }

  judge(event: Event, features: FeatureValues): Decision {
    this.look(event, features);
    const fired: FiredRule[] = [];
    const shadow: FiredRule[] = [];
    const failed: FailedRule[] = [];
    const noHistory: string[] = [];
    const near: string[] = [];
    for (const live of this.live) {
      const outcome = live.condition.evaluate(this.input);
      if (outcome === false) {
        if (live.nearMiss?.(this.input) === true) near.push(live.rule.id);
      } else if (outcome === 'no_history') noHistory.push(live.rule.id);
      else if (outcome !== true) failed.push({ ruleId: live.rule.id, error: outcome.error });
      else (live.rule.status === 'shadow' ? shadow : fired).push(firedRule(live, this.input, { event, features }));
    }
    const scores = { ...scoresOf(fired), listHits: this.hitsOf(event) };
    const decision = { ruleSet: this.version, outcome: outcomeOf(this.decision, scores), ...scores, fired, shadow, failed, noHistory };
    return this.asksNearMisses ? Object.assign(decision, { nearMisses: near }) : decision;
  }

  explain(event: Event, features: FeatureValues): Explanation {
    const decision = this.judge(event, features);
    const input = [...this.input];
    const rules = this.live.map((live) => explainRule(live, input));
    const judgeWith = (path: string, value: number): Decision => {
      const variable = this.eventReads.find((one) => one.path === path);
      if (variable === undefined) return this.judge(event, { ...features, [path.replace('features.', '')]: value });
      return this.judge({ ...event, values: { ...event.values, [variable.from]: Math.round(value * variable.divisor) } }, features);
    };
    return { decision, rules, flips: decisionFlips(decision, rules, judgeWith) };
  }

  private look(event: Event, features: FeatureValues): void {
    for (const one of this.eventReads) this.input[one.index] = valueOfVariable(one, event.values);
    for (const one of this.featureReads) this.input[one.index] = valueOfVariable(one, features);
    for (const view of this.views) view.asOf(event.timeMs);
  }

  private hitsOf(event: Event): ListHit[] {
    const hits: ListHit[] = [];
    for (const view of this.views) {
      const { id: listId, effect, field } = view.list;
      const entry = effect === 'watch' ? undefined : view.find(event.values[field]);
      if (entry !== undefined) hits.push({ listId, effect, field, value: entry.value, reason: entry.reason });
    }
    return hits;
  }
}

function withNearMiss(live: LiveRule): LiveRule {
  return { ...live, nearMiss: live.rule.status === 'active' ? nearMissOf(live.condition.compiled.typed) : undefined };
}

function scoresOf(fired: readonly FiredRule[]): Pick<Decision, 'score' | 'typologyScores'> {
  let score = 0;
  const typologyScores: Record<string, number> = {};
  for (const { points, typology } of fired) {
    score += points;
    if (typology !== undefined) typologyScores[typology] = (typologyScores[typology] ?? 0) + points;
  }
  return { score, typologyScores };
}
