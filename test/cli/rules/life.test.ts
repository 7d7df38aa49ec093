import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testFolder } from '../../local/folder.ts';
import { headrace } from '../command-line.ts';
import { payment } from './payment.ts';

describe('what cannot be is refused with what is allowed', () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  let data: string;

  beforeAll(async () => {
    data = join(
      testFolder((clean) => void cleanups.push(clean)),
      'data',
    );
    writeFileSync(`${data}.ndjson`, payment('p', '10:00'));
    await headrace('run', '--input', `${data}.ndjson`, '--data', data);
  }, 60_000);

  afterAll(async () => {
    for (const clean of cleanups) await clean();
  });

  test.each([
    [['set', 'nobody', 'paused'], /rule: got "nobody"; allowed: amount-above-usual, amount-far-above-usual, /],
    [['set', 'amount-over-limit', 'asleep'], /status: got "asleep"; allowed: draft, shadow, active, paused, retired/],
    [['set', 'amount-over-limit', 'paused'], /--why: got "?nothing"?; allowed: a reason/],
    [['apply', '--why', 'x'], /allowed: others than those that are in force/],
    [['trial', 'end', '--why', 'x'], /allowed: one while a rule set is on trial/],
    [['approve', 'x'], /change: got "x"; allowed: none: nothing waits/],
    [['set', 'amount-over-limit', 'paused', '--why', 'x', '--from', 'soon'], /--from: got "soon"; allowed: a time in UTC/],
  ])(
    'rules %j',
    async (args, message) => {
      const { code, err } = await headrace('rules', ...args, '--data', data);
      expect(err).toMatch(message);
      expect(code).toBe(2);
    },
    30_000,
  );
});
