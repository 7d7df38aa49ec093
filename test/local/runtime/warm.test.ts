import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyFeature } from '../../../core/definition/features.ts';
import { definePipeline } from '../../../core/definition/pipeline.ts';
import { type LoadedPipeline, loadPipeline } from '../../../local/pipeline.ts';
import { runPipeline } from '../../../local/runtime/run.ts';
import { startPipeline } from '../../../local/runtime/up.ts';
import type { Warmed } from '../../../local/runtime/warm.ts';
import { testFolder } from '../folder.ts';

/** The shipped payments, with one more feature. */
async function changed(): Promise<LoadedPipeline> {
  const { pipeline, ...rest } = await loadPipeline('pipelines/payments');
  const { decision, ...spec } = pipeline;
  if (decision === undefined) throw new Error('payments are judged');
  const day = { over: 'transaction', windowMs: 86_400_000, tileMs: 3_600_000, description: 'A test.' } as const;
  const terminals = keyFeature({ ...day, measure: 'distinct', field: 'terminal_id' });
  return { ...rest, pipeline: definePipeline({ ...spec, decision, features: { ...spec.features, warm_terminals_1d: terminals } }) };
}

/** A data folder that has three payments of one customer. */
async function processed(): Promise<string> {
  const folder = testFolder();
  const input = join(folder, 'payments.ndjson');
  const lines = [1, 2, 3].map((n) =>
    JSON.stringify({
      type: 'transaction',
      event_id: `e${n}`,
      event_time: `2026-01-05T10:0${n}:00Z`,
      customer_id: 'c1',
      terminal_id: `t${n}`,
      amount: '1.00',
      currency: 'EUR',
    }),
  );
  writeFileSync(input, `${lines.join('\n')}\n`);
  const dataDir = join(folder, 'data');
  const loaded = await loadPipeline('pipelines/payments');
  await runPipeline({ dataDir, loaded, inputs: [input], batchSize: 10, keepOpen: false, append: false });
  return dataDir;
}

const UP = { port: 0, shardCount: 1, batchSize: 10, flushMs: 60_000 };

test('a live pipeline fills what its definition has gained before it takes an event, once', async () => {
  const dataDir = await processed();
  const loaded = await changed();
  const told: Warmed[] = [];
  for (let starts = 0; starts < 2; starts += 1) {
    const running = await startPipeline({ ...UP, dataDir, loaded, onWarm: (warmed) => told.push(warmed) });
    await running.stop();
  }
  expect(told.map(({ features, events, cold }) => [features, events, cold])).toEqual([
    [['warm_terminals_1d'], 3, []],
    [[], 0, []],
  ]);
}, 60_000);

test('a live pipeline that lacks history does not start, and leaves its folder free', async () => {
  const dataDir = await processed();
  const loaded = await changed();
  rmSync(join(dataDir, 'lake', 'archive'), { recursive: true });
  await expect(startPipeline({ ...UP, dataDir, loaded })).rejects.toThrow(/^HISTORY_INCOMPLETE: .*warm_terminals_1d/);
  const running = await startPipeline({ ...UP, dataDir, loaded, acceptCold: true });
  await running.stop();
}, 60_000);
