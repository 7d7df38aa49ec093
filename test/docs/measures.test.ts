import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sampleSummary } from '../core/backtest/sample.ts';

const guide = readFileSync('docs/guides/measures.md', 'utf8');

test('the guide names every field of a summary', () => {
  const { ceiling, outcomes } = sampleSummary();
  const fields = Object.keys(sampleSummary()).filter((name) => name !== 'ceiling' && name !== 'outcomes');
  const inner = [...Object.keys(ceiling).map((name) => `ceiling.${name}`), ...Object.keys(outcomes).map((name) => `outcomes.${name}`)];
  const known = (name: string): boolean => guide.includes(`\`${name}\``) || ['ceiling.auc', 'ceiling.average_precision'].includes(name);
  expect([...fields, ...inner].filter((name) => !known(name))).toEqual([]);
});
