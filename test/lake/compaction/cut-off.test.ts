import { expect, test } from 'vitest';
import { createCompact } from '../../../functions/compact/handler.ts';
import { begin } from '../../../lake/compaction/attempt.ts';
import { NOW_POLICY } from '../../../lake/compaction/plan.ts';
import { COMPACT_NOW } from '../../../lake/compaction/request.ts';
import { emptyManifest } from '../../../lake/generations/manifest.ts';
import { readPartition } from '../../../lake/generations/state.ts';
import { statusOf } from '../../../lake/status.ts';
import { kindsRows } from '../../contract/kinds-table.ts';
import { FIRST_HOUR, HOUR_MS, KEPT_MS, LakeWorld } from './world.ts';

const TICK = { source: 'aws.events', 'detail-type': 'Scheduled Event', time: '2026-11-24T10:15:00Z' };
const going = new AbortController().signal;

/** A process takes a number and is killed at work; the next tick comes a quarter of an hour later. */
async function cutOff(world: LakeWorld): Promise<void> {
  const { manifest } = await readPartition(world.store, 'kinds', FIRST_HOUR);
  await begin(world.ports(), manifest?.value ?? emptyManifest('kinds', FIRST_HOUR), manifest?.version);
  world.nowMs += HOUR_MS / 4;
}

/** What `headrace lake` says is wrong with the first hour. */
async function faultOf(world: LakeWorld): Promise<string | null | undefined> {
  const [status] = await statusOf({ objects: world.store, files: world.store }, world.table, NOW_POLICY, world.nowMs);
  return status?.fault;
}

test('an hour whose tries are cut off time and again does not keep the others waiting', async () => {
  const world = new LakeWorld();
  // An hour that is too much for the function, and one behind it.
  await world.land(kindsRows(0, 30));
  world.nowMs += 2 * HOUR_MS;
  const compact = createCompact({ ...world.ports(), tables: [world.table], keptMs: KEPT_MS });
  await cutOff(world);
  await cutOff(world);
  await cutOff(world);
  const { compacted, failed, oldestWaitingMs } = await compact(TICK, going);
  expect([compacted.map(({ partition }) => partition.hour), failed]).toEqual([['01'], []]);
  expect(oldestWaitingMs).toBeGreaterThan(2 * HOUR_MS);
  expect(await faultOf(world)).toMatch(/^TOO_SLOW: 3 tries .*headrace compact/);
  // Whoever asks for it has it tried again.
  expect((await compact({ 'detail-type': COMPACT_NOW }, going)).compacted.map(({ partition }) => partition.hour)).toEqual(['00']);
});

test('two tries that were cut off are an accident: the next tick tries again', async () => {
  const world = new LakeWorld();
  await world.land(kindsRows(0, 10));
  world.nowMs += 2 * HOUR_MS;
  await cutOff(world);
  await cutOff(world);
  const compact = createCompact({ ...world.ports(), tables: [world.table], keptMs: KEPT_MS });
  expect((await compact(TICK, going)).compacted).toMatchObject([{ generation: 3, rows: 10 }]);
});

test('tries that were cut off are forgotten by the sweep, and the hour is tried again', async () => {
  const world = new LakeWorld();
  await world.land(kindsRows(0, 10));
  for (let i = 0; i < 3; i += 1) await cutOff(world);
  world.nowMs += 7 * HOUR_MS;
  const compact = createCompact({ ...world.ports(), tables: [world.table], keptMs: KEPT_MS });
  expect((await compact(TICK, going)).compacted).toEqual([]);
  await world.sweep();
  expect((await compact(TICK, going)).compacted).toMatchObject([{ generation: 4 }]);
});
