import { compileRules, type RuleSet } from '../core/rules/compile.ts';
import { parseRuleSet } from '../core/rules/source.ts';
import { ruleSetKey } from '../core/state/keys.ts';
import type { LoadedPipeline } from './pipeline.ts';
import { dataFolder } from './runtime/folder.ts';
import { lockHolder } from './runtime/lock.ts';
import { JournaledStateStore } from './state/journaled.ts';

/**
 * The rules of the pipeline's folder, or others that the state of a data folder has kept; undefined if neither has the version, or a
 * running pipeline has the state: only one process may open it.
 */
export async function ruleSetOf(
  { pipeline, rules }: LoadedPipeline,
  dataDir: string | undefined,
  version: string,
): Promise<RuleSet | undefined> {
  if (version === rules.version) return compileRules(rules, pipeline, version);
  if (dataDir === undefined || lockHolder(dataDir) !== undefined) return undefined;
  const store = new JournaledStateStore(dataFolder(dataDir).state, Date.now);
  try {
    const [item] = await store.get([ruleSetKey(version)]);
    return item === undefined ? undefined : compileRules(parseRuleSet(item.body), pipeline, version);
  } finally {
    await store.close();
  }
}
