import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layoutOf } from '../../../lake/compaction/layout.ts';

const HOUR_MS = 3_600_000;

test.each([
  [0, 2_048, 60],
  [400, 2_048, 60],
  [50_000, 2_048, 60],
  [100_000, 2_048, 20],
  [200_000, 2_048, 10],
  [500_000, 4_096, 10],
  [1_000_000, 8_192, 10],
])('%i rows lie in row groups of %i, in stretches of %i minutes', (rows, groupRows, minutes) => {
  expect(layoutOf(rows)).toEqual({ groupRows, sliceMs: minutes * 60_000 });
});

test('one key in every stretch takes at most a sixteenth of the row groups, once there are that many', () => {
  fc.assert(
    fc.property(fc.integer({ min: 16 * 2_048, max: 1_000_000 }), (rows) => {
      const { groupRows, sliceMs } = layoutOf(rows);
      expect(Math.ceil(rows / groupRows) / (HOUR_MS / sliceMs)).toBeGreaterThanOrEqual(16);
      // Stretches begin with the hour.
      expect(HOUR_MS % sliceMs).toBe(0);
    }),
  );
});
