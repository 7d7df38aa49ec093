import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Row } from '../../../core/ports.ts';
import { QUEUE_PK } from '../../../functions/deliver-alerts/keys.ts';
import { addSnooze } from '../../../lake/snoozes.ts';
import { ALERTS_FILE, AlertDeliverer } from '../../../local/alerts/deliverer.ts';
import { FileSubscriber } from '../../../local/alerts/file-subscriber.ts';
import { MemoryDelivery } from '../../../local/delivery/memory.ts';
import { MemoryObjectStore } from '../../../local/objects/memory.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { MemoryStateStore } from '../../../local/state/memory.ts';
import { alertNo, alertSubscriberContract } from '../../contract/alert-subscriber.ts';
import { testFolder } from '../folder.ts';

const START_MS = Date.parse('2026-01-05T10:00:00Z');
const HOUR_MS = 3_600_000;

function rowsIn(path: string): Row[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

alertSubscriberContract('file', async () => {
  const path = join(testFolder(), ALERTS_FILE);
  // A file keeps alerts of any size whole.
  return { subscriber: new FileSubscriber(path), arrived: async () => rowsIn(path) };
});

test('a line that a killed process left half written spoils none that follows', async () => {
  const path = join(testFolder(), ALERTS_FILE);
  writeFileSync(path, '{"alert_id":"x');
  await new FileSubscriber(path).send([alertNo(1)]);
  expect(readFileSync(path, 'utf8').split('\n').slice(1)).toEqual([JSON.stringify(alertNo(1).row), '']);
});

/** Deliverers of one machine, one after the other, over what stays of it. */
async function machine() {
  const loaded = await loadPipeline('pipelines/payments');
  const dataDir = testFolder();
  const world = { nowMs: START_MS, failures: [] as string[] };
  const clock = (): number => world.nowMs;
  const store = new MemoryStateStore(clock);
  const delivery = new MemoryDelivery();
  const objects = new MemoryObjectStore();
  const open = (): AlertDeliverer =>
    new AlertDeliverer({ loaded, dataDir, store, delivery, objects, clock, onFailure: (message) => world.failures.push(message) });
  const told = (): string[] => rowsIn(join(dataDir, ALERTS_FILE)).map((row) => String(row['alert_id']));
  const rowOf = (n: number): Row => ({
    ...{ ...alertNo(n).row, alert_id: `amount-over-limit/ada/e${n}`, rule_id: 'amount-over-limit', customer_id: 'ada' },
    ...{ rule_set_version: loaded.rules.version, alert_group: 'ada', score: 10, amount_minor: 30_000, currency: 'EUR', outcome: 'decline' },
  });
  return { world, store, delivery, objects, open, told, rowOf };
}

test('alerts that were put before the process ended are told by the next one, once', async () => {
  const { store, open, told, rowOf } = await machine();
  await open().put([rowOf(1)]);
  expect(told()).toEqual([]);
  await open().pump();
  expect(told()).toEqual(['amount-over-limit/ada/e1']);
  expect(await store.query(QUEUE_PK)).toEqual([]);
  // The batch that put it is handed out again.
  const again = open();
  await again.put([rowOf(1)]);
  await again.pump();
  expect(told()).toHaveLength(1);
});

test('the cool-down is that of the rule, and its summary follows in the file', async () => {
  const { world, delivery, open, told, rowOf } = await machine();
  const deliverer = open();
  await deliverer.put([rowOf(1), rowOf(2), rowOf(3)]);
  await deliverer.pump();
  world.nowMs += HOUR_MS - 1;
  await deliverer.tick();
  expect(told()).toHaveLength(1);
  world.nowMs += 1;
  await deliverer.tick();
  expect(told()).toHaveLength(2);
  expect(delivery.rows('alert_deliveries').map((row) => row['delivery'])).toEqual(['told', 'folded', 'folded']);
});

test('a snooze in the lake is heeded within ten seconds', async () => {
  const { world, objects, open, told, rowOf } = await machine();
  const deliverer = open();
  await deliverer.tick();
  await addSnooze(objects, { field: 'customer_id', value: 'ada', fromMs: START_MS, untilMs: START_MS + HOUR_MS, by: 'eve', why: 'test' });
  world.nowMs += 10_001;
  await deliverer.put([rowOf(1)]);
  await deliverer.pump();
  expect(told()).toEqual([]);
  world.nowMs = START_MS + HOUR_MS;
  await deliverer.tick();
  expect(told()).toEqual([expect.stringMatching(/^=.*\/snooze$/)]);
});
