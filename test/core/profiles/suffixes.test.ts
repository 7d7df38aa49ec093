import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Component } from '../../../core/aggregates/component.ts';
import { largestOf } from '../../../core/aggregates/largest.ts';
import { addToRing, expireRing, type Held, type Ring, totalOf } from '../../../core/profiles/rings.ts';

const COMPONENT = largestOf('amount', 4) as Component<unknown>;
const HELD: Held = { component: COMPONENT, entriesOf: (count) => Math.floor(count / 2) };

interface Step {
  readonly tile: number;
  readonly amount: number;
  readonly width: number;
  readonly expire: boolean;
}

const step = fc.record<Step>({
  // Mostly the newest tile or the next, now and then one long before.
  tile: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 1 }) }, { weight: 1, arbitrary: fc.integer({ min: -12, max: -1 }) }),
  amount: fc.integer({ min: -9, max: 99 }),
  width: fc.integer({ min: 1, max: 20 }),
  expire: fc.boolean(),
});

function input(amount: number): { readonly timeMs: number; readonly id: string; readonly values: { readonly amount: number } } {
  return { timeMs: 0, id: '', values: { amount } };
}

test('a ring that is read again and again says what a scan of a fresh copy says, whatever is added, late or not, and forgotten', () => {
  let merged = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 80 }), (steps) => {
      const ring: Ring = [];
      let newest = 20;
      for (const { tile, amount, width, expire } of steps) {
        const at = newest + tile;
        newest = Math.max(newest, at);
        addToRing(ring, 4, at, { amount, input: input(amount), component: COMPONENT });
        if (expire) expireRing(ring, 4, newest - 20);
        const copy = JSON.parse(JSON.stringify(ring)) as Ring;
        expect(totalOf(ring, 4, [newest - width, newest], HELD)).toEqual(totalOf(copy, 4, [newest - width, newest], HELD));
        if (ring.suffixes) merged += 1;
      }
    }),
  );
  // Otherwise nothing was tested.
  expect(merged).toBeGreaterThan(100);
});

test('what is merged beforehand is no part of the ring', () => {
  const ring: Ring = [];
  for (let tile = 0; tile < 20; tile += 1) addToRing(ring, 4, tile, { amount: 1, input: input(1), component: COMPONENT });
  const before = JSON.stringify(ring);
  for (let i = 0; i < 3; i += 1) totalOf(ring, 4, [2, 19], HELD);
  expect(ring.suffixes).toBeTruthy();
  expect(JSON.stringify(ring)).toBe(before);
});
