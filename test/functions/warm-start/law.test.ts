import { describe, expect, test } from 'vitest';
import type { Handover, StoryOptions } from '../backfill/story.ts';
import type { World } from '../world.ts';
import { decided, FIRST, SECOND, tell, warmed, without, worldOf } from './world.ts';

/** What is decided behind a handover, once with the second definition from the start, and once with a change in the middle. */
async function bothWays(story: StoryOptions & { readonly handover: Handover }): Promise<Map<string, string>[]> {
  const { handover } = story;
  const always = worldOf(SECOND);
  await tell(always, { ...story, handover: { ...handover, to: async (world) => world } });
  const changed = worldOf(FIRST);
  let before = new Map<string, string>();
  await tell(changed, {
    ...story,
    handover: {
      ...handover,
      to: async (world, batch) => {
        before = decided(world);
        return handover.to(world, batch);
      },
    },
  });
  expect(changed.lake.conflicts).toEqual([]);
  return [without(decided(always), before), without(decided(changed), before)];
}

async function handedOver(world: World): Promise<World> {
  await warmed(world);
  const next = worldOf(SECOND, world);
  const report = await warmed(next);
  expect(report.features).toEqual(expect.arrayContaining(['euros_10m', 'euros_2h', 'speed_1h', 'frauds_4h', 'cards_4h']));
  expect(report.features).not.toContain('sum_1h');
  expect(report).toMatchObject({ unread: 0, cold: [] });
  expect(report.events).toBeGreaterThan(50);
  return next;
}

describe('a definition with more features, from a handover on', () => {
  test.each([
    [1, 120, false],
    [2, 350, false],
    [3, 500, false],
    [4, 400, true],
  ])('decides as if it had always run: seed %i, from record %i on', async (seed, at, isMisrouted) => {
    const [always, changed] = await bothWays({ seed, records: 620, isMisrouted, handover: { at, to: handedOver } });
    expect(always?.size).toBeGreaterThan(80);
    expect(changed).toEqual(always);
  });

  test('decides otherwise if nothing is filled', async () => {
    const [always, changed] = await bothWays({ seed: 2, records: 500, handover: { at: 300, to: async (world) => worldOf(SECOND, world) } });
    expect(changed?.size).toBe(always?.size);
    expect(changed).not.toEqual(always);
  });
});
