import type { Event, FieldValue } from '../../../../core/model.ts';
import { compileKeyFeatures } from '../../../../core/profiles/features.ts';
import { compileTileFeatures } from '../../../../core/profiles/tiles.ts';
import { compileRules, type RuleSet } from '../../../../core/rules/compile.ts';
import type { Decision, FeatureValues, FiredRule } from '../../../../core/rules/decision.ts';
import type { RuleList } from '../../../../core/rules/list.ts';
import type { Rule } from '../../../../core/rules/rule.ts';
import { pipeline } from '../../../../pipelines/payments/pipeline.ts';
import { loadRules } from '../../../../pipelines/rule-files.ts';
import { type Change, LISTED } from './cases.ts';

/** The shipped rules and lists. */
export const shipped = await loadRules('pipelines/payments');

const TIME_MS = LISTED.until;
const nobody: Event = { type: 'transaction', id: '', timeMs: TIME_MS, key: '', values: {} };

/** What features say of somebody and something that were never seen. */
export const UNSEEN: FeatureValues = {
  ...compileKeyFeatures(pipeline).read({}, nobody, TIME_MS),
  ...compileTileFeatures(pipeline).read(nobody, TIME_MS, TIME_MS, () => undefined),
};

const PLAIN: Readonly<Record<string, FieldValue>> = {
  ...{ event_id: 'e', event_time: TIME_MS, customer_id: 'c1', terminal_id: 't1', amount: 1_000, currency: 'EUR' },
};

/** A judged event with its features. */
export interface Judged {
  readonly event: Event;
  readonly features: FeatureValues;
}

/** What values in a row mean: features by their names, all others fields of the event. */
export function judgedOf(...changes: readonly Change[]): Judged {
  const all: Change = Object.assign({}, ...changes);
  const values: Record<string, FieldValue> = { ...PLAIN };
  const features: Record<string, number | null> = { ...UNSEEN };
  for (const [name, value] of Object.entries(all)) {
    if (name in UNSEEN) features[name] = value as number | null;
    else if (value === undefined) delete values[name];
    else values[name] = value as FieldValue;
  }
  return { event: { type: 'transaction', id: 'e', timeMs: TIME_MS, key: 'c1', values }, features };
}

/** The shipped lists with entries: one that holds and one that became void at the time of the event. */
function listed(): RuleList[] {
  return shipped.lists.map((list) => {
    const value = LISTED[list.id as 'watched_payees'];
    const entries = [
      { value, reason: 'seen there' },
      { value: `${value}-void`, reason: 'seen there', untilMs: TIME_MS },
    ];
    return list.effect === 'watch' ? { ...list, entries } : list;
  });
}

/** One rule alone, over lists with entries. */
export function ruleSetOf(rule: Rule, lists = listed()): RuleSet {
  return compileRules({ rules: [rule], lists }, pipeline, 'v');
}

/** The one end that a rule came to. */
export function exitOf({ fired, shadow, failed, noHistory }: Decision): 'fires' | 'quiet' | 'no history' | 'failed' {
  if (failed.length > 0) return 'failed';
  if (noHistory.length > 0) return 'no history';
  return fired.length + shadow.length > 0 ? 'fires' : 'quiet';
}

/** What a rule says that fired, with effect or without. */
export function firingOf({ fired, shadow }: Decision): FiredRule | undefined {
  return fired[0] ?? shadow[0];
}
