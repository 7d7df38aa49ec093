import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkWindows } from './windows/check.ts';
import { inOrder, outOfOrder, rowsOf, sentArbitrary } from './windows/permutations.ts';

describe('window operators', () => {
  test('do what their model does under any commands: each window once, behind the least watermark, and nothing meets a closed one', () => {
    const { failure, runs, accepted, late, rows, rows_before_end: rowsBeforeEnd } = checkWindows({ runs: 2_000 });
    expect(failure).toBeUndefined();
    expect(runs).toBe(2_000);
    // The check is worth something only if much of each kind happens.
    expect(Math.min(accepted / 10, late, rows / 10, rowsBeforeEnd)).toBeGreaterThan(1_000);
  });

  test('any order, spread over shards and rounds within the lateness gives the same closed windows', () => {
    fc.assert(
      fc.property(sentArbitrary, fc.boolean(), (all, isOneShard) => {
        const arriving = outOfOrder(all);
        const other = isOneShard ? arriving.map((one) => ({ ...one, shard: 0, closes: false })) : arriving;
        expect(rowsOf(other)).toEqual(rowsOf(inOrder(all)));
      }),
      { numRuns: 500 },
    );
  });

  test('the model is small enough to be read whole, and knows nothing of the core', () => {
    const text = readFileSync(join(import.meta.dirname, 'windows/model.ts'), 'utf8');
    expect(text.split('\n').filter((line) => /\w/.test(line) && !line.trim().startsWith('/**')).length).toBeLessThan(60);
    expect([...text.matchAll(/from '(.*)'/g)].map(([, from]) => from)).toEqual(['./ticks.ts']);
  });
});
