import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pipeline } from '../../pipelines/payments/pipeline.ts';
import { testFolder } from '../local/folder.ts';
import { headrace } from './command-line.ts';

test('headrace features lists every feature with its description, and says that all have SQL', async () => {
  const { code, out } = await headrace('features');
  expect(code).toBe(0);
  for (const [name, { description }] of Object.entries(pipeline.features))
    expect(out).toMatch(new RegExp(`^${name} .*  ${description.replaceAll('.', '\\.')}$`, 'm'));
  expect(out).toMatch(/\nAll of them have SQL\.\n$/);
  expect(JSON.parse((await headrace('features', '--json')).out)).toHaveLength(Object.keys(pipeline.features).length);
});

test('headrace features of one says what it counts, as text and as JSON', async () => {
  const { out } = await headrace('features', 'merchant_fraud_share_28d');
  expect(out).toContain('label events with the same merchant_id whose event time is in [b - 28 d, b), b = floor(t - 2 h, 1 h).');
  const told = JSON.parse((await headrace('features', 'terminal_run_28d', '--json')).out) as object;
  expect(told).toMatchObject({
    ...{ name: 'terminal_run_28d', measure: 'run', over: 'label', by: ['terminal_id'], where: { explained: false } },
    ...{ window_ms: 28 * 86_400_000, tile_ms: 3_600_000, delay_ms: 7_200_000, no_sql: null },
    made_of: ['customer_ratio_30d', 'customer_ratio_max_14d'],
  });
});

test('a query for a range opens the days that its values come from, and no others', async () => {
  const { out } = await headrace('features', 'terminal_run_28d', '--sql', '--from', '2026-03-05', '--to', '2026-03-06');
  // 28 days, 2 hours and a tile before it, what explains labels of then 16 days, and what that was made of 46 days.
  expect(out).toContain("dt >= '2025-12-04' AND dt <= '2026-03-07'");
  expect(out).toContain(`event_ms >= ${Date.parse('2026-03-05')} AND event_ms < ${Date.parse('2026-03-06')}`);
  const alone = await headrace('features', 'payee_count_1d', '--sql', '--from', '2026-03-05', '--to', '2026-03-06');
  expect(alone.out).toContain("dt >= '2026-03-03' AND dt <= '2026-03-06'");
  expect((await headrace('features', 'payee_count_1d', '--sql')).out).not.toContain('dt >=');
});

test('a feature that SQL cannot say is named, with the part that it cannot say', async () => {
  const folder = testFolder();
  mkdirSync(join(folder, 'rules'));
  const lines = [
    `import { pipeline as shipped } from '${resolve('pipelines/payments/pipeline.ts')}';`,
    "const explained = { when: 'event.amount_minor * 2 > 100', rememberMs: 86_400_000 };",
    'const decision = { ...shipped.decision, labels: { ...shipped.decision.labels, explained } };',
    'export const pipeline = { ...shipped, decision };',
  ];
  writeFileSync(join(folder, 'pipeline.ts'), lines.join('\n'));
  const { out } = await headrace('features', '--pipeline', folder);
  const named = [...out.matchAll(/^(\w+) has no SQL: \* of int and int in a condition\.$/gm)].map(([, name]) => name);
  expect(named).toEqual(['terminal_unexplained_frauds_28d', 'terminal_run_28d', 'terminal_run_age_days_28d']);
  const { code, err } = await headrace('features', 'terminal_run_28d', '--sql', '--pipeline', folder);
  expect([code, err]).toEqual([2, expect.stringContaining('--sql: got "terminal_run_28d: * of int and int in a condition"')]);
});

test.each([
  [['customer_count'], '"customer_count"', 'customer_count_1h, '],
  [['--sql'], 'no feature', 'customer_count_1h, '],
  [['customer_count_1h', 'customer_count_30d'], 'unexpected argument', 'one feature'],
  [['customer_count_1h', '--from', '2026-01-05', '--to', '2026-01-06'], '--from', '--sql beside it'],
  [['customer_count_1h', '--sql', '--from', '2026-01-05'], '--to', 'nothing'],
  [['customer_count_1h', '--sql', '--from', '2026-01-06', '--to', '2026-01-05'], 'range', '--from before --to'],
])('headrace features %j is one line and exit code 2', async (args, what, allowed) => {
  const { code, err } = await headrace('features', ...args);
  expect(code).toBe(2);
  expect(err).toContain(what);
  expect(err).toContain(allowed);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
});
