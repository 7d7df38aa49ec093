import type { RuleList } from './list.ts';
import type { Rule } from './rule.ts';

/** Rules and lists as their files say. */
export interface RuleSetSource {
  readonly rules: readonly Rule[];
  readonly lists: readonly RuleList[];
}

/** A rule set as the state store keeps it. */
export function encodeRuleSet({ rules, lists }: RuleSetSource): string {
  return JSON.stringify({ rules, lists });
}

/** Reads a stored rule set; the first builds stored the rules alone. */
export function parseRuleSet(body: string): RuleSetSource {
  const stored = JSON.parse(body) as RuleSetSource | readonly Rule[];
  return 'rules' in stored ? stored : { rules: stored, lists: [] };
}
