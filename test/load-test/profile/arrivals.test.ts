import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../../core/random.ts';
import { Arrivals } from '../../../load-test/profile/arrivals.ts';
import { expectedEvents, type RateSegment } from '../../../load-test/profile/rate.ts';

const rates = fc.record({ from: fc.nat({ max: 300 }), to: fc.nat({ max: 300 }), lengthMs: fc.integer({ min: 1, max: 5_000 }) });

function segmentsOf(list: readonly { from: number; to: number; lengthMs: number }[]): RateSegment[] {
  let startMs = 0;
  return list.map(({ from, to, lengthMs }) => {
    const segment = { startMs, endMs: startMs + lengthMs, from, to };
    startMs += lengthMs;
    return segment;
  });
}

function all(arrivals: Arrivals): number[] {
  const times: number[] = [];
  for (let at = arrivals.next(); at !== Number.POSITIVE_INFINITY; at = arrivals.next()) times.push(at);
  return times;
}

test('even arrivals rise, are as many as the area under the rate, and so are those up to any moment', () => {
  fc.assert(
    fc.property(fc.array(rates, { minLength: 1, maxLength: 6 }), fc.double({ min: 0, max: 1, noNaN: true }), (list, part) => {
      const segments = segmentsOf(list);
      const endMs = segments.at(-1)?.endMs ?? 0;
      const times = all(new Arrivals(segments, { share: 1, arrivals: 'even', exponential: () => 1 }));
      expect(Math.abs(times.length - expectedEvents(segments))).toBeLessThanOrEqual(1);
      for (const [i, at] of times.entries()) expect(at).toBeGreaterThanOrEqual(times[i - 1] ?? 0);
      const cut = part * endMs;
      const upTo = segments.flatMap((one) => {
        if (one.startMs >= cut) return [];
        const stopMs = Math.min(one.endMs, cut);
        const to = one.from + ((one.to - one.from) * (stopMs - one.startMs)) / (one.endMs - one.startMs);
        return [{ ...one, endMs: stopMs, to }];
      });
      expect(Math.abs(times.filter((at) => at <= cut).length - expectedEvents(upTo))).toBeLessThanOrEqual(1.001);
    }),
  );
});

test('parts of a schedule add up to it, evenly spread among producers', () => {
  const segments = segmentsOf([{ from: 100, to: 100, lengthMs: 10_000 }]);
  const parts = [0, 1, 2, 3].flatMap((i) =>
    all(new Arrivals(segments, { share: 0.25, arrivals: 'even', exponential: () => 1, offset: (i + 1) / 4 })),
  );
  const whole = all(new Arrivals(segments, { share: 1, arrivals: 'even', exponential: () => 1 }));
  expect(parts.sort((a, b) => a - b).map(Math.round)).toEqual(whole.map(Math.round));
});

test('independent arrivals have the mean and the spread of their rate', () => {
  const { exponential } = createRandom(3);
  const times = all(
    new Arrivals(segmentsOf([{ from: 1_000, to: 1_000, lengthMs: 60_000 }]), { share: 1, arrivals: 'poisson', exponential }),
  );
  expect(Math.abs(times.length - 60_000)).toBeLessThan(4 * Math.sqrt(60_000));
  const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  expect(deviation / mean).toBeCloseTo(1, 1);
});
