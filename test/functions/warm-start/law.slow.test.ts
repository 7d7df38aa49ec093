import { describe, expect, test } from 'vitest';
import { parseCloser } from '../../../core/state/closer.ts';
import { closerKey, tilesKey } from '../../../core/state/keys.ts';
import type { World } from '../world.ts';
import { bothWays, CARDS_ONLY, FIRST, SECOND, tell, warmed, worldOf } from './world.ts';

const HOUR_MS = 3_600_000;

async function handedOver(world: World): Promise<World> {
  const next = worldOf(SECOND, world);
  const report = await warmed(next);
  expect(report.features).toEqual(expect.arrayContaining(['euros_10m', 'euros_2h', 'speed_1h', 'frauds_4h', 'currencies_4h']));
  expect(report.features).not.toContain('sum_1h');
  expect(report).toMatchObject({ unread: 0, cold: [] });
  expect(report.events).toBeGreaterThan(50);
  return next;
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

describe('a definition with more features, from a handover on', () => {
  test.each([
    [1, 120, false],
    [3, 500, false],
    [4, 350, true],
  ])('decides as if it had always run: seed %i, from record %i on', async (seed, at, isMisrouted) => {
    const { always, changed } = await bothWays({ seed, records: 620, isMisrouted, handover: { at, to: handedOver } });
    expect(always.size).toBeGreaterThan(80);
    // Of a key that several shards had nobody knows which event came first, and so what a feature was then.
    const known = (found: ReadonlyMap<string, string>): Map<string, string> =>
      new Map([...found].map(([id, text]) => [id, isMisrouted ? text.replace(/"ratio_max_2h":[^,}]*/, '') : text]));
    expect(known(changed)).toEqual(known(always));
  });

  test('reads no more of the history than its windows need', async () => {
    let events = 0;
    const to = async (world: World): Promise<World> => {
      const next = worldOf(CARDS_ONLY, world);
      events = (await warmed(next)).events;
      return next;
    };
    const { always, changed } = await bothWays({ seed: 5, records: 620, second: CARDS_ONLY, handover: { at: 500, to } });
    expect(changed).toEqual(always);
    expect(events).toBeGreaterThan(50);
    expect(events).toBeLessThan(200);
  });

  test('decides otherwise if nothing is filled', async () => {
    const { always, changed } = await bothWays({
      seed: 2,
      records: 500,
      handover: { at: 300, to: async (world) => worldOf(SECOND, world) },
    });
    expect(changed.size).toBe(always.size);
    expect(changed).not.toEqual(always);
  });
});

describe('tiles', () => {
  // Final is what ends more than the allowed lateness of 40 seconds ago.
  test.each([40_000, 40_001])('are closed or open as the closer left them, %i ms behind the end of one', async (behindMs) => {
    const closedAt = async (world: World): Promise<World> => {
      const [item] = await world.store.get([closerKey('1')]);
      const hour = Math.ceil((parseCloser(item?.body).closedMs ?? 0) / HOUR_MS) * HOUR_MS;
      await world.close({ kind: 'barrier', floorMs: hour + behindMs });
      return world;
    };
    const story = { seed: 6, records: 130 };
    let tiles: unknown[] = [];
    await tell(worldOf(SECOND), { ...story, handovers: [{ at: 100, to: async (world) => seen(await closedAt(world)) }] });
    async function seen(world: World): Promise<World> {
      const keys = worldOf(SECOND).plan.tileFeatures.rings.flatMap(({ ringId }) => ['t0', 't1', 't2'].map((key) => tilesKey(ringId, key)));
      // Different values are a set: their order says nothing.
      const sorted = (_name: string, value: unknown): unknown => (isTexts(value) ? value.toSorted() : value);
      tiles = (await world.store.get(keys)).map((item) => (item === undefined ? undefined : JSON.parse(item.body, sorted)));
      return world;
    }
    const always = tiles;
    const first = worldOf(FIRST);
    await warmed(first);
    const to = async (world: World): Promise<World> => {
      const next = worldOf(SECOND, await closedAt(world));
      await warmed(next);
      return seen(next);
    };
    await tell(first, { ...story, handovers: [{ at: 100, to }] });
    expect(tiles).toEqual(always);
    expect(always.filter((body) => body !== undefined).length > 0).toBe(behindMs > 40_000);
  });
});
