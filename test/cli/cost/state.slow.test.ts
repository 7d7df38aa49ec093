import { expect, test } from 'vitest';
import { shapeOf } from '../../../cli/cost/shape.ts';
import { stateUse } from '../../../cli/cost/state.ts';
import { compilePlan } from '../../../core/plan.ts';
import type { StateStore } from '../../../core/ports.ts';
import { compileRules } from '../../../core/rules/compile.ts';
import { writtenItem } from '../../../functions/adapters/dynamo-items.ts';
import { createCloseWindows } from '../../../functions/close-windows/handler.ts';
import type { KinesisRecord } from '../../../functions/kinesis-event.ts';
import { createProcessStream } from '../../../functions/process-stream/handler.ts';
import { createRowBuilder } from '../../../lake/rows.ts';
import { generateEvents } from '../../../load-test/generator.ts';
import { loadPipeline } from '../../../local/pipeline.ts';
import { MemoryStateStore } from '../../../local/state/memory.ts';
import { sequenceAt } from '../../functions/world.ts';

const RATE = 10;
const WINDOW_S = 10;
const TERMINALS = 200;
const START_MS = Date.parse('2026-01-05T00:00:00Z');
const HOUR_MS = 3_600_000;
/** Three currencies in the generated town. */
const GROUPS = 3 * TERMINALS;

interface Counts {
  writes: number;
  /** Write units of the slices of each aggregate. */
  readonly units: Map<string, number>;
}

/** Counts writes and write units as DynamoDB bills them. */
function counting(store: StateStore): { readonly store: StateStore; readonly counts: Counts } {
  const counts: Counts = { writes: 0, units: new Map() };
  const put: StateStore['put'] = (writes) => {
    for (const write of writes) {
      const [kind, name = ''] = write.pk.split('#');
      const units = Math.ceil(writtenItem(write).bytes / 1024);
      counts.writes += 1;
      if (kind === 'slice') counts.units.set(name, (counts.units.get(name) ?? 0) + units);
    }
    return store.put(writes);
  };
  return { counts, store: { get: (keys) => store.get(keys), query: (pk) => store.query(pk), remove: (keys) => store.remove(keys), put } };
}

test('an hour of generated payments through the handlers writes what the model says, within a third', async () => {
  const { pipeline, rules } = await loadPipeline('pipelines/payments');
  const plan = compilePlan(pipeline);
  const set = compileRules(rules, pipeline, rules.version);
  let nowMs = START_MS;
  const { store, counts } = counting(new MemoryStateStore(() => nowMs));
  const ports = {
    plan,
    rows: createRowBuilder(pipeline),
    store,
    delivery: { deliver: async () => {} },
    clock: () => nowMs,
    streamEpoch: '1',
  };
  const process = createProcessStream({
    ...ports,
    rules: { current: async () => rules.version, of: async () => set },
    parentsOf: async () => [],
  });
  const shards = { list: async () => [{ shardId: 's', parents: [], open: true }], hasUnread: async () => false };
  const close = createCloseWindows({ ...ports, shards });
  const events = generateEvents({ seed: 1, startMs: START_MS, eventsPerSecond: RATE, customers: 50_000, terminals: TERMINALS });
  let next = events.next().value;
  let sent = 0;
  while (nowMs < START_MS + HOUR_MS) {
    nowMs += WINDOW_S * 1000;
    const records: KinesisRecord[] = [];
    for (; next.sendMs < nowMs; next = events.next().value) {
      sent += 1;
      const data = Buffer.from(next.json).toString('base64');
      const arrival = { approximateArrivalTimestamp: next.sendMs / 1000, kinesisSchemaVersion: '1.0' } as const;
      const kinesis = { ...arrival, partitionKey: next.key, sequenceNumber: sequenceAt(sent), data };
      const origin = { eventSource: 'aws:kinesis', eventVersion: '1.0', eventName: 'aws:kinesis:record', awsRegion: 'us-east-1' } as const;
      records.push({ ...origin, kinesis, eventID: `s:${sequenceAt(sent)}`, invokeIdentityArn: '', eventSourceARN: '' });
    }
    await process({ Records: records });
    if (nowMs % 60_000 === 0) await close({ kind: 'live' });
  }
  const flow = { ratePerS: sent / 3600, shards: 1, unitsPerS: 1 / WINDOW_S, closesPerS: 1 / 60 };
  const model = stateUse(shapeOf(plan, GROUPS), flow);
  // Alerts are delivered by a function that is not at work here.
  const ofStream = model.kinds.filter(({ name }) => name !== 'alerts' && name !== 'cases').reduce((sum, { writes }) => sum + writes, 0);
  expect(ofStream / (counts.writes / 3600)).toBeGreaterThan(0.9);
  expect(ofStream / (counts.writes / 3600)).toBeLessThan(1.1);
  for (const aggregate of ['payments_1m', 'payments_1h', 'terminal_1h']) {
    const said = model.kinds.find(({ name }) => name === aggregate)?.units ?? 0;
    const ratio = said / ((counts.units.get(aggregate) ?? 0) / 3600);
    expect(ratio, aggregate).toBeGreaterThan(2 / 3);
    expect(ratio, aggregate).toBeLessThan(4 / 3);
  }
}, 240_000);
