import { expect, test } from 'vitest';
import { forEachLimited } from '../../../functions/adapters/parallel.ts';
import { backoffMs, withRetry } from '../../../functions/adapters/retry.ts';
import { patientRetry } from './json-server.ts';

test('waits are anywhere below a ceiling that doubles up to three seconds', () => {
  const almost = (): number => 0.999_999;
  expect([1, 2, 3, 7, 8, 60].map((failures) => backoffMs(failures, almost))).toEqual([49, 99, 199, 2_999, 2_999, 2_999]);
  expect(backoffMs(5, () => 0)).toBe(0);
});

test('an error that is no word of a service is thrown as it is, at once', async () => {
  const bug = new TypeError('x is not a function');
  let tries = 0;
  const failing = withRetry(patientRetry(), { action: 'a:B', target: 't' }, async () => {
    tries += 1;
    throw bug;
  });
  await expect(failing).rejects.toBe(bug);
  expect(tries).toBe(1);
});

test('no more than the limit run at once, and all run', async () => {
  let running = 0;
  let most = 0;
  let done = 0;
  await forEachLimited(Array.from({ length: 20 }), 3, async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running -= 1;
    done += 1;
  });
  expect([most, done]).toEqual([3, 20]);
});
