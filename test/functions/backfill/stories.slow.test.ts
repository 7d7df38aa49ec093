import { expect, test } from 'vitest';
import { tellStory } from './story.ts';
import { BackfillWorld } from './world.ts';

test.each([2, 3, 4, 5, 6, 7])('a replay of the archive gives what the stream gave, row for row: story %i', async (seed) => {
  const one = new BackfillWorld();
  await tellStory(one.world, { seed, records: 500, isMisrouted: false });
  await one.land();
  const whole = await one.backfill('whole', { mode: 'verify', from: '2025-12-01', to: '2025-12-02' });
  expect(whole).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0, contested: 0, published: 0 });
  expect(whole.rows_before).toBeGreaterThan(1_000);
  const part = await one.backfill('part', { mode: 'verify', from: '2025-12-01T02:00Z', to: '2025-12-01T03:00Z' });
  expect(part).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
  expect(part.rows_before).toBeGreaterThan(50);
});
