import { expect, test } from 'vitest';
import { compileCel, isFault } from '../../../core/cel/compile.ts';
import type { CelVariable } from '../../../core/cel/types.ts';

const IDLE: CelVariable = { path: 'features.idle', type: 'duration', index: 0 };
const compiled = (text: string) => compileCel(text, new Map([[IDLE.path, IDLE]]), 'bool');

test('a duration that is written as text is read when it is compiled', () => {
  const { typed, evaluate } = compiled('features.idle >= duration("1h30m") && features.idle < duration("2h")');
  if (typed.op.kind !== 'and' || typed.op.left.op.kind !== 'call') throw new Error('no comparison');
  expect(typed.op.left.op.args[1]?.op).toEqual({ kind: 'constant', value: 5_400_000 });
  expect([5_399_999, 5_400_000, 7_199_999, 7_200_000].map((ms) => evaluate([ms]))).toEqual([false, true, true, false]);
});

test('one that is none stays the fault of whoever evaluates it', () => {
  const { evaluate } = compiled('features.idle >= duration("a while")');
  const result = evaluate([1]);
  expect(isFault(result)).toBe(true);
  expect(isFault(result) && result.message).toContain('duration');
});
