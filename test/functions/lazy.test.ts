import { expect, test } from 'vitest';
import { lazy } from '../../functions/lazy.ts';

test('a value is made once, also for callers at the same time', async () => {
  let made = 0;
  const value = lazy(async () => {
    made += 1;
    return made;
  });
  expect(await Promise.all([value(), value()])).toEqual([1, 1]);
  expect(await value()).toBe(1);
});

test('a failure is not kept', async () => {
  let tries = 0;
  const value = lazy(async () => {
    tries += 1;
    if (tries === 1) throw new Error('not yet');
    return tries;
  });
  await expect(value()).rejects.toThrow('not yet');
  expect(await value()).toBe(2);
});
