import { describe, expect, test } from 'vitest';
import { busyStream, closeAll, countersOf, runAll, truth } from './busy-stream.ts';
import { paymentsWorld } from './payments-world.ts';
import { tablesOfLake } from './world.ts';

describe('redelivery', () => {
  test.each([undefined, 0])(
    'a failure at any one I/O call changes no row and no counter, merging slices past %s',
    async (compactLength) => {
      const expected = await truth();
      const clean = paymentsWorld(compactLength);
      await runAll(clean, busyStream(), [15]);
      await closeAll(clean);
      const calls = clean.faults.calls;
      expect(calls).toBeGreaterThan(40);
      for (let failAt = 1; failAt <= calls; failAt += 1) {
        for (const isAfter of [false, true]) {
          const world = paymentsWorld(compactLength);
          world.faults.failAt = failAt;
          world.faults.isAfter = isAfter;
          await runAll(world, busyStream(), [15, 4, 22]);
          await closeAll(world);
          expect(tablesOfLake(world.lake.tables), `fault at ${failAt}, after ${isAfter}`).toEqual(expected.lake);
          expect(await countersOf(world)).toEqual(expected.counters);
          expect(world.lake.conflicts).toEqual([]);
          expect(await world.slicesLeft(), `fault at ${failAt}, after ${isAfter}`).toEqual([]);
        }
      }
    },
    60_000,
  );
});
