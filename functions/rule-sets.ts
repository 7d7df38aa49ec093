import type { Pipeline } from '../core/definition/pipeline.ts';
import { RetriableError, usageError } from '../core/errors.ts';
import type { StateStore } from '../core/ports.ts';
import { compileRules, type RuleSet } from '../core/rules/compile.ts';
import type { Rule } from '../core/rules/rule.ts';
import { encodeRuleSet, parseRuleSet, type RuleSetSource } from '../core/rules/source.ts';
import { ruleSetKey } from '../core/state/keys.ts';

/** A pipeline and the rules it is to judge by. */
export interface JudgingPipeline {
  readonly pipeline: Pipeline;
  readonly rules: RuleSetSource & { readonly version: string };
}

/** The rule set in force, and every other one that was. */
export interface RuleSets {
  /** Version in force for new batches; '' when the pipeline judges nothing. */
  readonly version: string;
  /** The compiled rule set of a recorded version. Throws RetriableError if it is not known. */
  readonly of: (version: string) => Promise<RuleSet | undefined>;
}

/** Keeps every rule set that was ever in force in the state store: a retry may need the one its context names. */
export async function ruleSetsOf({ pipeline, rules }: JudgingPipeline, store: StateStore): Promise<RuleSets> {
  if (pipeline.decision === undefined) return { version: '', of: async () => undefined };
  const { version } = rules;
  const compiled = new Map<string, RuleSet>([[version, compileRules(rules, pipeline, version)]]);
  const [known] = await store.get([ruleSetKey(version)]);
  if (known === undefined) await store.put([{ ...ruleSetKey(version), expectedVersion: 0, body: encodeRuleSet(rules) }]);
  const load = async (wanted: string): Promise<RuleSet> => {
    const [item] = await store.get([ruleSetKey(wanted)]);
    if (item === undefined)
      throw new RetriableError(`rule set ${wanted} is not in the state store; a batch was begun with it and must end with it`);
    const set = compileRules(parseRuleSet(item.body), pipeline, wanted);
    compiled.set(wanted, set);
    return set;
  };
  return { version, of: async (wanted) => compiled.get(wanted) ?? load(wanted) };
}

/**
 * Refuses rules whose text was changed while their version stayed: what was decided by that version could no longer be told. Status, owner and
 * description may change. Throws UsageError.
 */
export async function refuseEditedRules({ rules }: JudgingPipeline, store: StateStore): Promise<void> {
  const known = new Map<string, string>();
  for (const { body } of await store.query('rules'))
    for (const rule of parseRuleSet(body).rules) known.set(versionName(rule), textOf(rule));
  for (const rule of rules.rules) {
    const before = known.get(versionName(rule));
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
