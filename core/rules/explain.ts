import { isFault } from '../cel/compile.ts';
import type { FieldValue } from '../model.ts';
import type { Decision, Outcome } from './decision.ts';
import { type Test, testOf, testParts } from './evidence.ts';
import { type Flip, flipsOf } from './flip.ts';
import type { LiveRule } from './live-rule.ts';
import type { RuleStatus } from './rule.ts';
import type { RuleInput } from './variables.ts';

/** How one test of a condition came out. */
export interface ExplainedTest extends Test {
  /** Whether it held; absent if it has no value for this event. */
  readonly holds?: boolean;
  /** Why it has no value. */
  readonly fault?: string;
}

/** How one rule came to its outcome. */
export interface ExplainedRule {
  readonly ruleId: string;
  readonly status: RuleStatus;
  readonly points: number;
  readonly outcome: 'fired' | 'not fired' | 'no history' | 'failed';
  /** The tests between `&&` and `||`, in their order. */
  readonly tests: readonly ExplainedTest[];
  /** Numbers that alone would have turned it, nearest value each; none for rules without a value. */
  readonly flips: readonly Flip[];
  /** Values that the condition names, in real units. */
  readonly values: Readonly<Record<string, FieldValue>>;
}

/** A change of one value that turns the decision. */
export interface DecisionFlip extends Flip {
  readonly ruleId: string;
  readonly outcome: Outcome;
}

/** Why a decision is as it is. */
export interface Explanation {
  readonly decision: Decision;
  /** Active and shadow rules, by id. */
  readonly rules: readonly ExplainedRule[];
  /** Changes of one value that would have turned the decision. */
  readonly flips: readonly DecisionFlip[];
}

/** Explains one rule over what was read for an event. */
export function explainRule({ rule, condition }: LiveRule, input: RuleInput): ExplainedRule {
  const outcome = condition.evaluate(input);
  const isClear = typeof outcome === 'boolean';
  return {
    ruleId: rule.id,
    status: rule.status,
    points: rule.points,
    outcome: outcome === true ? 'fired' : outcome === false ? 'not fired' : outcome === 'no_history' ? 'no history' : 'failed',
    tests: testParts(rule.condition, condition.compiled.typed).map((part): ExplainedTest => {
      const result = part.holds(input);
      const test = testOf(part, input);
      return isFault(result) ? { ...test, fault: result.message } : { ...test, holds: result === true };
    }),
    flips: isClear
      ? flipsOf(condition.compiled.typed, condition.reads, { input, holds: (other) => condition.evaluate(other) === true })
      : [],
    values: Object.fromEntries(
      condition.reads.flatMap(({ path, index }) => {
        const value = input[index];
        return value === undefined || typeof value === 'object' ? [] : [[path, value] as const];
      }),
    ),
  };
}

/** Which changes of one value, each turning one rule, turn the whole decision. */
export function decisionFlips(
  decision: Decision,
  rules: readonly ExplainedRule[],
  judgeWith: (path: string, value: number) => Decision,
): DecisionFlip[] {
  return rules
    .filter(({ status }) => status === 'active')
    .flatMap(({ ruleId, flips }) => flips.map((flip) => ({ ...flip, ruleId, outcome: judgeWith(flip.path, flip.to).outcome })))
    .filter(({ outcome }) => outcome !== decision.outcome);
}
