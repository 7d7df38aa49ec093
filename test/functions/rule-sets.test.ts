import { expect, test } from 'vitest';
import type { Rule } from '../../core/rules/rule.ts';
import { refuseEditedRules, ruleSetsOf } from '../../functions/rule-sets.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { MemoryStateStore } from '../../local/state/memory.ts';

const { pipeline, rules } = await loadPipeline('pipelines/payments');

async function judged(): Promise<MemoryStateStore> {
  const store = new MemoryStateStore(() => 0);
  await ruleSetsOf({ pipeline, rules }, store);
  return store;
}

const changed = (change: Partial<Rule>) => ({
  pipeline,
  rules: {
    ...rules,
    version: 'other',
    rules: rules.rules.map((rule) => (rule.id === 'amount-over-limit' ? { ...rule, ...change } : rule)),
  },
});

test('a rule whose text changed under the same version is refused, with both texts', async () => {
  const store = await judged();
  await expect(refuseEditedRules(changed({ points: 11 }), store)).rejects.toThrow(
    /^rule amount-over-limit: version: got 1; allowed: a version that no other text has had; this one was\n.*"points":10.*\nand is\n.*"points":11/,
  );
});

test.each<[string, Partial<Rule>]>([
  ['a higher version', { points: 11, version: 2 }],
  ['another status', { status: 'paused' }],
  ['another owner and description', { owner: 'somebody', description: 'words' }],
])('%s is fine', async (_name, change) => {
  await expect(refuseEditedRules(changed(change), await judged())).resolves.toBeUndefined();
});
