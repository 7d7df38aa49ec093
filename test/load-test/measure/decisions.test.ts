import fc from 'fast-check';
import { expect, test } from 'vitest';
import { positionOf } from '../../../core/decode/position.ts';
import { type Decided, DecisionTracker } from '../../../load-test/measure/decisions.ts';
import type { TakenRecord } from '../../../load-test/send/sender.ts';

function record(sequence: number, events = 1): TakenRecord {
  const event = { kind: 0, partitionKey: 'k', data: new Uint8Array(0), intendedMs: sequence, ordinal: 0, euroMinor: 0 };
  return { shardId: 's', sequence: String(sequence), events: Array.from({ length: events }, () => event), atMs: 0 };
}

const batch = (sequence: number, decidedMs: number, sub = 0): Decided => ({
  shardId: 's',
  hi: positionOf(String(sequence), sub),
  decidedMs,
});

test('a record is decided by the first batch at or past it, whichever of the two is heard of first', () => {
  const order = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat({ max: 99 }), { minLength: 1, maxLength: 20 }),
      fc.uniqueArray(fc.nat({ max: 99 }), { minLength: 1, maxLength: 20 }),
      order,
      (sequences, ends, turns) => {
        const rising = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b);
        const [records, batches] = [rising(sequences), rising(ends)];
        const decided = new Map<string, number>();
        const tracker = new DecisionTracker(({ sequence }, ms) => decided.set(sequence, ms));
        const [left, right] = [records.map((n) => record(n)), batches.map((n) => batch(n, n))];
        for (let i = 0; left.length + right.length > 0; i++) {
          const isRecord = turns[i % turns.length] === true ? left.length > 0 : right.length === 0;
          if (isRecord) tracker.taken(left.shift() as TakenRecord);
          else tracker.decided([right.shift() as Decided]);
        }
        for (const n of records) expect(decided.get(String(n))).toBe(batches.find((end) => end >= n));
        expect(tracker.waiting).toBe(records.length - decided.size);
      },
    ),
  );
});

test('a pack is decided with its last event', () => {
  const decided: number[] = [];
  const tracker = new DecisionTracker((_, ms) => decided.push(ms));
  tracker.taken(record(7, 10));
  tracker.decided([batch(7, 1, 8)]);
  expect(decided).toEqual([]);
  tracker.decided([batch(7, 2, 9)]);
  expect(decided).toEqual([2]);
});
