import { describe, expect, test } from 'vitest';
import type { KinesisRecord } from '../../../functions/kinesis-event.ts';
import { ledgerRows } from '../../../functions/ledger.ts';
import { startWarm } from '../../../functions/warm-start/warm.ts';
import { createRowBuilder } from '../../../lake/rows.ts';
import { BackfillWorld } from '../backfill/world.ts';
import type { World } from '../world.ts';
import { bothWays, CARDS_ONLY, FIRST, recordOfRings, SECOND, tell, warmed, warmPorts, worldOf } from './world.ts';

/** A world of the first definition that has run for a while, and whose archive has landed. */
async function landed(records = 60): Promise<{ readonly world: World; readonly lake: BackfillWorld }> {
  const world = worldOf(FIRST);
  await warmed(world);
  await tell(world, { seed: 21, records });
  const lake = new BackfillWorld(world);
  await lake.land();
  return { world, lake };
}

test('a state that nothing was processed in holds all rings', async () => {
  const world = worldOf(SECOND);
  expect(await warmed(world)).toEqual({ features: [], events: 0, unread: 0, cold: [] });
  expect((await recordOfRings(world))?.key).toHaveLength(world.plan.keyFeatures.rings.length);
});

test('a state of a build that kept no record is filled whole', async () => {
  const world = worldOf(FIRST);
  await tell(world, { seed: 22, records: 60 });
  const report = await warmed(world);
  expect(report.features.toSorted()).toEqual(Object.keys(FIRST.features).sort());
  expect(await warmed(world)).toMatchObject({ features: [], events: 0 });
});

test('a ring that comes back is filled anew', async () => {
  const to = async (world: World, batch: readonly KinesisRecord[]): Promise<World> => {
    const more = worldOf(SECOND, world);
    const { features } = await warmed(more);
    const less = worldOf(FIRST, more);
    expect((await warmed(less)).features).toEqual(['euros_10m']);
    expect(batch.length).toBeGreaterThan(3);
    await less.process({ Records: [...batch] });
    const again = worldOf(SECOND, less);
    expect((await warmed(again)).features).toEqual(features);
    return again;
  };
  const { always, changed } = await bothWays({ seed: 23, records: 500, handover: { at: 200, to } });
  expect(always.size).toBeGreaterThan(80);
  expect(changed).toEqual(always);
});

describe('history that is missing', () => {
  test('is named, with what to do, and nothing is on record that is not whole', async () => {
    const { world, lake } = await landed();
    for (const { key } of (await lake.lake.list('archive/landing/')).slice(0, 1)) await lake.lake.remove(key);
    const next = worldOf(SECOND, world);
    const ports = { ...warmPorts(next, [], lake), land: async () => {} };
    const start = startWarm(ports, { acceptCold: false });
    await expect(start).rejects.toThrow(
      /^HISTORY_INCOMPLETE: the new features .*speed_1h.* shard shardId-0+ has counted \d+ records, the archive holds 0/,
    );
    await expect(start).rejects.toThrow('--accept-cold');
    expect((await recordOfRings(next))?.key).toHaveLength(2);
  });

  test('can be accepted, which is recorded and said until the windows are whole', async () => {
    const { world, lake } = await landed();
    for (const { key } of (await lake.lake.list('archive/landing/')).slice(0, 1)) await lake.lake.remove(key);
    const next = worldOf(SECOND, world);
    const ports = { ...warmPorts(next, [], lake), land: async () => {} };
    const { cold, features } = await startWarm(ports, { acceptCold: true });
    expect(cold.map(({ name }) => name).toSorted()).toEqual(features.toSorted());
    expect(cold[0]?.because).toMatch(/^shard shardId-0+ has counted/);
    expect(await startWarm(ports, { acceptCold: false })).toEqual({ features: [], events: 0, unread: 0, cold });
    next.nowMs += 10 * 3_600_000;
    await next.close({ kind: 'barrier', floorMs: (cold[0]?.sinceMs ?? 0) + 3 * 3_600_000 });
    const later = (await startWarm(ports, { acceptCold: false })).cold.map(({ name }) => name);
    expect(later).toContain('frauds_4h');
    expect(later).not.toContain('speed_1h');
  });

  test('that has left the archive by age and is out of reach is not missed', async () => {
    let kept = 0;
    const retained = async (world: World): Promise<World> => {
      const clock = (): number => Date.parse('2025-11-01T00:00:00Z');
      const snapshot = await ledgerRows({
        plan: world.plan,
        rows: createRowBuilder(world.plan.pipeline),
        store: world.store,
        clock,
        streamEpoch: '1',
      });
      await world.lake.deliver(snapshot);
      world.lake.tables.get('archive')?.clear();
      return world;
    };
    const first = worldOf(FIRST);
    await warmed(first);
    const to = async (world: World): Promise<World> => {
      const next = worldOf(CARDS_ONLY, world);
      kept = (await warmed(next)).events;
      return next;
    };
    await tell(first, {
      seed: 24,
      records: 420,
      handovers: [
        { at: 150, to: retained },
        { at: 400, to },
      ],
    });
    expect(kept).toBeGreaterThan(50);
  });

  test('is what an unfinished batch is that the stream has lost', async () => {
    const to = async (before: World, batch: readonly KinesisRecord[]): Promise<World> => {
      expect(batch.length).toBeGreaterThan(0);
      before.faults.failAt = before.faults.calls + 6;
      await expect(before.process({ Records: [...batch] })).rejects.toThrow('planned fault');
      before.faults.failAt = Number.POSITIVE_INFINITY;
      await expect(warmed(worldOf(SECOND, before), [])).rejects.toThrow(/^BATCH_LOST: .*unfinished batch of shard shardId-000000000000/);
      return before;
    };
    const first = worldOf(FIRST);
    await warmed(first);
    await tell(first, { seed: 25, records: 80, handovers: [{ at: 60, to }] });
  });
});
