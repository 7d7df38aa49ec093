import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MUTANTS, SMALL_LIMITS } from './mutants.ts';

const patches = [...SMALL_LIMITS, ...MUTANTS.flatMap(({ patches: planted = [] }) => planted)];

test('each planted bug and each small limit still finds its place in the code, once', () => {
  const lost = patches.filter(({ file, find }) => readFileSync(file, 'utf8').split(find).length !== 2);
  expect(lost).toEqual([]);
  expect(patches.length).toBeGreaterThan(20);
});
