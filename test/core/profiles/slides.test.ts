import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addToRing, expireRing, type Held, type Ring, totalOf } from '../../../core/profiles/rings.ts';

const HELD: Held = { component: undefined };
const nothing = { timeMs: 0, id: '', values: {} };
const HUGE = Number.MAX_SAFE_INTEGER;

interface Step {
  readonly tile: number;
  readonly amount: number;
  readonly back: number;
  readonly expire: boolean;
}

const step = fc.record<Step>({
  // Mostly the newest tile or the next, now and then one long before.
  tile: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 2 }) }, { weight: 2, arbitrary: fc.integer({ min: -30, max: -1 }) }),
  // Sums that no number holds exactly, too.
  amount: fc.oneof({ weight: 60, arbitrary: fc.integer({ min: -9, max: 99 }) }, { weight: 1, arbitrary: fc.constant(HUGE) }),
  // Reads are mostly of now, some as of long ago.
  back: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -3, max: 9 }) }),
  expire: fc.boolean(),
});

test.each([2, 3] as const)('windows that slide say what a scan of a fresh copy says, of tiles with %i entries', (stride) => {
  let slid = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 90 }), (steps) => {
      const ring: Ring = [];
      let newest = 20;
      for (const { tile, amount, back, expire } of steps) {
        const at = newest + tile;
        newest = Math.max(newest, at);
        addToRing(ring, stride, at, { amount: stride === 3 ? amount : 0, input: nothing, component: undefined });
        if (expire) expireRing(ring, stride, newest - 25);
        for (const width of [20, 7]) {
          const copy = JSON.parse(JSON.stringify(ring)) as Ring;
          const range = [newest - back - width, newest - back] as const;
          expect(totalOf(ring, stride, range, HELD)).toEqual(totalOf(copy, stride, range, HELD));
        }
        if (ring.slides !== undefined) slid += 1;
      }
    }),
    { numRuns: 300 },
  );
  // Otherwise nothing was tested.
  expect(slid).toBeGreaterThan(1_000);
});
