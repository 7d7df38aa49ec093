import { expect, test } from 'vitest';
import { compileRules } from '../../../core/rules/compile.ts';
import { alertKey, alertName } from '../../../functions/deliver-alerts/keys.ts';
import { StateOutbox } from '../../../functions/deliver-alerts/outbox.ts';
import { createProcessStream } from '../../../functions/process-stream/handler.ts';
import { createRowBuilder } from '../../../lake/rows.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { MemoryStateStore } from '../../../local/state/memory.ts';
import { paymentsWorld, transaction } from '../payments-world.ts';
import { Faults, recordOf } from '../world.ts';

const SHARD = 'shardId-000000000000';
const loaded = await loadPipeline('pipelines/payments');

/** The processor with the shipped rules and an outbox, over ports that can fail. */
function open() {
  const world = paymentsWorld();
  const faults = new Faults();
  const store = faults.store(world.store);
  const dear = loaded.rules.rules.filter(({ id }) => id === 'amount-over-limit');
  const rules = compileRules({ ...loaded.rules, rules: dear }, world.plan.pipeline, 'v1');
  const handle = createProcessStream({
    plan: world.plan,
    rows: createRowBuilder(world.plan.pipeline),
    store,
    delivery: faults.delivery(world.lake),
    clock: () => world.nowMs,
    streamEpoch: '1',
    rules: { current: async () => 'v1', of: async () => rules },
    parentsOf: async () => [],
    alerts: new StateOutbox(store, () => world.nowMs),
  });
  const alerts = async () => [...(world.lake.tables.get('alerts')?.values() ?? [])];
  return { world, faults, handle, alerts };
}

const dear = (id: string, seconds: number) => transaction(id, seconds, { amount: '999.00', currency: 'EUR' });
const records = [recordOf(SHARD, 1, [dear('a', 0), transaction('b', 1)]), recordOf(SHARD, 2, [dear('c', 2), dear('a', 0)])];

test('each firing is one item of the state table, with the row that the lake has', async () => {
  const { world, handle, alerts } = open();
  await handle({ Records: records });
  const rows = await alerts();
  expect(rows.map((row) => row['event_id']).sort()).toEqual(['a', 'c']);
  for (const row of rows) {
    const [item] = await world.store.get([alertKey(String(row['alert_id']))]);
    expect(item?.pk).toBe(`alert#${String(row['alert_id'])}`);
    expect(JSON.parse(item?.body ?? '')).toEqual(row);
    expect(item?.version).toBe(1);
  }
});

test('a batch that fails at any one call and comes again has every alert put once, and none that the lake lacks', async () => {
  const whole = open();
  await whole.handle({ Records: records });
  for (let failAt = 1; failAt <= whole.faults.calls; failAt += 1) {
    const { world, faults, handle, alerts } = open();
    faults.failAt = failAt;
    await expect(handle({ Records: records })).rejects.toThrow('planned fault');
    await handle({ Records: records });
    expect(await alerts()).toEqual(await whole.alerts());
    for (const row of await alerts()) expect((await world.store.get([alertKey(String(row['alert_id']))]))[0]?.version).toBe(1);
    const named = [...faults.written].filter((pk) => pk.startsWith('alert#'));
    expect(named).toHaveLength(2);
  }
});

test('alerts go after thirty days', async () => {
  let nowMs = 0;
  const store = new MemoryStateStore(() => nowMs);
  await new StateOutbox(store, () => nowMs).put([{ alert_id: 'x' }]);
  nowMs = 30 * 24 * 3_600_000;
  expect((await store.get([alertKey('x')]))[0]).toBeDefined();
  nowMs += 1;
  expect((await store.get([alertKey('x')]))[0]).toBeUndefined();
});

test('an id of any length makes a key that the table can hold, and no two the same', () => {
  const long = `rule/${'\ud800'.repeat(256)}/`;
  expect(alertName('rule/ada/e1')).toBe('rule/ada/e1');
  expect(alertName(`${long}1`)).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(alertName(`${long}1`)).not.toBe(alertName(`${long}2`));
});
