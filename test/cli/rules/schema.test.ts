import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { headrace } from '../command-line.ts';

test.each(['rule', 'list', 'scorecard'])(
  'the published JSON Schema of %s files is the one that headrace rules schema prints',
  async (kind) => {
    expect((await headrace('rules', 'schema', kind)).out).toBe(readFileSync(`pipelines/${kind}.schema.json`, 'utf8'));
  },
);

test('anything else has no schema', async () => {
  expect(await headrace('rules', 'schema', 'event')).toMatchObject({
    code: 2,
    err: 'headrace rules: rules schema: got "event"; allowed: rule, list, scorecard\n',
  });
});
