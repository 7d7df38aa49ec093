import { describe, expect, test } from 'vitest';
import { ALL, aging, CALLS_MAX, idsOf, keysOfHour, LATER, LIMIT_MS, readCatalogue } from './aging.ts';
import { type Death, DoomedPorts, HOUR_MS, KEPT_MS } from './world.ts';

describe('a process that dies in a sweep that drops an hour', () => {
  test.each<[string, Death, number]>([
    ['leaves', 'before', LIMIT_MS],
    ['leaves', 'after', LIMIT_MS],
    ['is removed', 'before', LIMIT_MS + KEPT_MS + HOUR_MS],
    ['is removed', 'after', LIMIT_MS + KEPT_MS + HOUR_MS],
  ])(
    'while it %s, %s each of its calls: the hour is seen whole or not at all, and the next sweeps finish',
    async (phase, death, nowMs) => {
      let deaths = 0;
      for (let at = 0; at < CALLS_MAX; at += 1) {
        const world = await aging();
        if (phase === 'is removed') {
          world.nowMs = LIMIT_MS;
          await world.sweep();
        }
        world.nowMs = nowMs;
        const doom = new DoomedPorts(at, death);
        await world.sweep(world.ports(doom.around)).catch(() => undefined);
        if (!doom.hasDied) break;
        deaths += 1;
        const seen = await world.read();
        expect(seen.warnings).toEqual([]);
        expect([LATER, ALL]).toContainEqual(seen.ids);
        expect([LATER, [...idsOf(0, 10), ...LATER].sort()]).toContainEqual(await readCatalogue(world));
        world.nowMs = nowMs;
        await world.sweep();
        expect(await world.read()).toEqual({ ids: LATER, warnings: [] });
        expect(await readCatalogue(world)).toEqual(LATER);
        world.nowMs += KEPT_MS + HOUR_MS;
        await world.sweep();
        expect(await keysOfHour(world)).toEqual([]);
      }
      // Lists and manifests twice, the mark, the catalogue; or the mark, each file, the manifest.
      expect(deaths).toBeGreaterThan(12);
      expect(deaths).toBeLessThan(CALLS_MAX);
    },
    240_000,
  );
});
