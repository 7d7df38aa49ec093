import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyFeature } from '../../../core/definition/features.ts';
import type { Event } from '../../../core/model.ts';
import { compileKeyFeatures } from '../../../core/profiles/features.ts';
import type { RingStates } from '../../../core/profiles/rings.ts';
import { eventAt, HOUR_MS, MINUTE_MS, naiveFeature } from './naive.ts';
import { paymentsPipeline } from './payments.ts';

const hourly = { over: 'payment', windowMs: HOUR_MS, tileMs: MINUTE_MS, description: 'x' } as const;
const NOON = Date.UTC(2024, 0, 1, 12);

const SPECS = {
  count_1h: keyFeature({ ...hourly, measure: 'count' }),
  web_1h: keyFeature({ ...hourly, measure: 'count', where: { channel: 'web' } }),
  count_5m: keyFeature({ ...hourly, measure: 'count', windowMs: 5 * MINUTE_MS }),
  sum_1h: keyFeature({ ...hourly, measure: 'sum', field: 'amount', per: ['currency'] }),
  mean_10m: keyFeature({ ...hourly, measure: 'mean', field: 'amount', per: ['currency'], windowMs: 10 * MINUTE_MS }),
  mean_2h: keyFeature({
    ...hourly,
    measure: 'mean',
    field: 'amount',
    per: ['channel', 'currency'],
    windowMs: 2 * HOUR_MS,
    tileMs: HOUR_MS,
  }),
  reading_sum: keyFeature({ ...hourly, measure: 'sum', field: 'reading' }),
  reading_mean: keyFeature({ ...hourly, measure: 'mean', field: 'reading' }),
  labels_1h: keyFeature({ ...hourly, over: 'label', measure: 'count', where: { fraud: true } }),
};

const features = compileKeyFeatures(paymentsPipeline(SPECS));

function statesOf(events: readonly Event[]): RingStates {
  const states: RingStates = {};
  for (const event of events) features.add(states, event);
  return states;
}

function readAt(events: readonly Event[], asOfMs: number): Record<string, number | null> {
  return features.read(statesOf(events), eventAt('payment', asOfMs), asOfMs);
}

describe('the window of a key feature', () => {
  const count = (eventMs: number, asOfMs: number): number | null => readAt([eventAt('payment', eventMs)], asOfMs)['count_1h'] ?? null;

  test('begins with the tile a whole window before the current tile', () => {
    expect(count(NOON - HOUR_MS, NOON + 59_999)).toBe(1);
  });
  test('does not hold the last millisecond before that tile', () => {
    expect(count(NOON - HOUR_MS - 1, NOON)).toBe(0);
  });
  test('holds the whole current tile, even what is later than the judged event', () => {
    expect(count(NOON + 59_999, NOON)).toBe(1);
  });
  test('does not hold the next tile', () => {
    expect(count(NOON + 60_000, NOON + 59_999)).toBe(0);
  });
  test('lies right before 1970 too', () => {
    expect(count(-HOUR_MS - MINUTE_MS, -1)).toBe(1);
    expect(count(-HOUR_MS - MINUTE_MS - 1, -1)).toBe(0);
  });
});

describe('what a key feature counts', () => {
  test('the judged event is not counted until it was added', () => {
    const states: RingStates = {};
    const event = eventAt('payment', NOON);
    expect(features.read(states, event, NOON)['count_1h']).toBe(0);
    features.add(states, event);
    expect(features.read(states, event, NOON)['count_1h']).toBe(1);
  });

  test('counts and sums of nothing are 0, means of nothing are null', () => {
    expect(readAt([], NOON)).toEqual({
      count_1h: 0,
      web_1h: 0,
      count_5m: 0,
      sum_1h: 0,
      mean_10m: null,
      mean_2h: null,
      reading_sum: 0,
      reading_mean: null,
      labels_1h: 0,
    });
  });

  test('currencies do not mix', () => {
    const values = readAt([eventAt('payment', NOON, { currency: 'USD', amount: 7 }), eventAt('payment', NOON, { amount: 5 })], NOON);
    expect(values).toMatchObject({ count_1h: 2, sum_1h: 5, mean_10m: 5 });
  });

  test('an absent field equals an absent field only', () => {
    const states = statesOf([eventAt('payment', NOON, { amount: 5 }), eventAt('payment', NOON, { amount: 7, channel: '!' })]);
    expect(features.read(states, eventAt('payment', NOON), NOON)['mean_2h']).toBe(5);
    expect(features.read(states, eventAt('payment', NOON, { channel: '!' }), NOON)['mean_2h']).toBe(7);
  });

  test('values that look like parts of the key, or like names of objects, do not mix', () => {
    const channels = ['/', '%', '%2f', 'a/EUR', '__proto__', 'constructor', '!', '!/EUR'];
    const states = statesOf(channels.map((channel, i) => eventAt('payment', NOON, { channel, amount: i })));
    const again: RingStates = JSON.parse(JSON.stringify(states));
    const read = channels.map((channel) => features.read(again, eventAt('payment', NOON, { channel }), NOON)['mean_2h']);
    expect(read).toEqual(channels.map((_channel, i) => i));
  });

  test('fixed-point fields are in real units and events without them do not count', () => {
    const events = [eventAt('payment', NOON, { reading: -150 }), eventAt('payment', NOON, { reading: 25 }), eventAt('payment', NOON)];
    expect(readAt(events, NOON)).toMatchObject({ count_1h: 3, reading_sum: -1.25, reading_mean: -0.625 });
  });

  test('sums past 2^53 are exact in state and rounded once when read', () => {
    const big = Number.MAX_SAFE_INTEGER;
    const states = statesOf([big, big, big, 1, 1].map((amount) => eventAt('payment', NOON, { amount })));
    expect(JSON.stringify(states)).toContain('"27021597764222975"');
    expect(features.read(states, eventAt('payment', NOON), NOON)['mean_10m']).toBe(Number(27021597764222975n) / 5);
  });
});

describe('rings', () => {
  test('features that differ in window and measure only share the ring of the longest window', () => {
    const rings = features.rings.map(({ over, field, per, tileMs, windowMsMax }) => [over, field, per.join(), tileMs, windowMsMax]);
    expect(rings).toEqual([
      ['payment', undefined, '', MINUTE_MS, HOUR_MS],
      ['payment', undefined, '', MINUTE_MS, HOUR_MS],
      ['payment', 'amount', 'currency', MINUTE_MS, HOUR_MS],
      ['payment', 'amount', 'channel,currency', HOUR_MS, 2 * HOUR_MS],
      ['payment', 'reading', '', MINUTE_MS, HOUR_MS],
      ['label', undefined, '', MINUTE_MS, HOUR_MS],
    ]);
    expect(new Set(features.rings.map(({ ringId }) => ringId)).size).toBe(6);
  });

  test('remember the 256 values of a `per` field whose latest tile is the newest, in whatever order they came', () => {
    const compiled = compileKeyFeatures(
      paymentsPipeline({ seen: keyFeature({ ...hourly, measure: 'count', field: 'channel', per: ['channel'] }) }),
    );
    const events = Array.from({ length: 300 }, (_, i) => eventAt('payment', NOON + Math.floor(i / 2) * MINUTE_MS, { channel: `c${i}` }));
    for (const order of [events, events.toReversed()]) {
      const states: RingStates = {};
      for (const event of order) compiled.add(states, event);
      const last = NOON + 149 * MINUTE_MS;
      const isSeen = (event: Event): boolean => compiled.read(states, event, Math.min(last, event.timeMs))['seen'] === 1;
      expect(events.map(isSeen)).toEqual(events.map((_, i) => i >= 44));
    }
    // One that is known already pushes nobody out.
    const states: RingStates = {};
    for (const event of [...events, ...events.slice(-10)]) compiled.add(states, event);
    expect(Object.values(states)[0]).toHaveLength(2 * 256);
  });

  test('a count reads the ring of a sum over the same events, unless an event may lack what is summed', () => {
    const specs = {
      mean: keyFeature({ ...hourly, measure: 'mean', field: 'amount', per: ['currency'] }),
      count: keyFeature({ ...hourly, measure: 'count', per: ['currency'], windowMs: 2 * HOUR_MS }),
      web: keyFeature({ ...hourly, measure: 'count', per: ['currency'], where: { channel: 'web' } }),
      reading: keyFeature({ ...hourly, measure: 'sum', field: 'reading' }),
      all: keyFeature({ ...hourly, measure: 'count' }),
    };
    const compiled = compileKeyFeatures(paymentsPipeline(specs));
    expect(compiled.rings.map(({ ringId, windowMsMax }) => [ringId, windowMsMax])).toEqual([
      ['payment/currency/amount/60000/', 2 * HOUR_MS],
      ['payment/currency//60000/channel=%22web%22', HOUR_MS],
      ['payment//reading/60000/', HOUR_MS],
      ['payment///60000/', HOUR_MS],
    ]);
    const states: RingStates = {};
    for (const amount of [3, 4]) compiled.add(states, eventAt('payment', NOON, { amount }));
    expect(compiled.read(states, eventAt('payment', NOON), NOON)).toEqual({ mean: 3.5, count: 2, web: 0, reading: 0, all: 2 });
  });

  test('state is compact JSON', () => {
    const states = statesOf([0, 1, 2].map((i) => eventAt('payment', i * 30_000, { amount: 10 + i })));
    expect(states['payment/currency/amount/60000/']).toEqual(['/EUR', [0, 2, 21, 1, 1, 12]]);
    expect(states['payment///60000/']).toEqual(['', [0, 2, 1, 1]]);
  });

  test('expiry leaves the tile that an event at that time reads, and drops the one before', () => {
    const states = statesOf([NOON - HOUR_MS - 1, NOON - HOUR_MS].map((ms) => eventAt('payment', ms)));
    features.expire(states, NOON + 59_999);
    expect(states['payment///60000/']).toEqual(['', [(NOON - HOUR_MS) / MINUTE_MS, 1]]);
    features.expire(states, NOON + MINUTE_MS);
    expect(states['payment///60000/']).toEqual([]);
  });
});

const eventArbitrary = fc
  .record({
    type: fc.constantFrom('payment', 'payment', 'payment', 'label'),
    offsetMs: fc.integer({ min: 0, max: 3 * HOUR_MS }),
    amount: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(Number.MAX_SAFE_INTEGER)),
    currency: fc.constantFrom('EUR', 'USD', 'JPY'),
    channel: fc.constantFrom(undefined, 'web', 'pos'),
    reading: fc.option(fc.integer({ min: -500, max: 500 }), { nil: undefined }),
    fraud: fc.boolean(),
  })
  .map(({ type, offsetMs, fraud, ...values }) =>
    eventAt(type, NOON + offsetMs, type === 'label' ? { fraud, currency: values.currency } : values),
  );

function expectEqual(read: Record<string, number | null>, judged: Event, asOfMs: number, earlier: readonly Event[]): void {
  for (const [name, spec] of Object.entries(SPECS)) {
    const naive = naiveFeature(spec, judged, asOfMs, earlier, null);
    if (naive === null) expect(read[name], name).toBeNull();
    else expect(Math.abs((read[name] ?? Number.NaN) - naive), name).toBeLessThanOrEqual(Math.abs(naive) * 2 ** -52);
  }
}

test('a read equals a scan of all earlier arrivals, whatever their order', () => {
  fc.assert(
    fc.property(fc.array(eventArbitrary, { maxLength: 60 }), (events) => {
      const states: RingStates = {};
      for (const [i, event] of events.entries()) {
        expectEqual(features.read(states, event, event.timeMs), event, event.timeMs, events.slice(0, i));
        features.add(states, event);
      }
    }),
    { numRuns: 60 },
  );
});

test('expiry behind the watermark and trips through JSON never change a read that can still happen', () => {
  const latenessMs = 10 * MINUTE_MS;
  fc.assert(
    fc.property(fc.array(eventArbitrary, { maxLength: 60 }), (events) => {
      let states: RingStates = {};
      let watermarkMs = Number.NEGATIVE_INFINITY;
      const accepted: Event[] = [];
      for (const event of events) {
        watermarkMs = Math.max(watermarkMs, event.timeMs - MINUTE_MS);
        const isLate = event.timeMs < watermarkMs - latenessMs;
        const asOfMs = Math.max(event.timeMs, watermarkMs - latenessMs);
        expectEqual(features.read(states, event, asOfMs), event, asOfMs, accepted);
        if (isLate) continue;
        accepted.push(event);
        features.add(states, event);
        features.expire(states, watermarkMs - latenessMs);
        states = JSON.parse(JSON.stringify(states)) as RingStates;
      }
    }),
    { numRuns: 60 },
  );
});

test('rings hold no more tiles than their window and the lateness span', () => {
  const states: RingStates = {};
  for (let i = 0; i < 5_000; i += 1) {
    const event = eventAt('payment', NOON + i * 20_000, { currency: i < 2_500 ? 'EUR' : 'USD' });
    features.add(states, event);
    features.expire(states, event.timeMs - 11 * MINUTE_MS);
  }
  const [currency, minutes = [], ...others] = states['payment/currency/amount/60000/'] ?? [];
  expect([currency, others]).toEqual(['/USD', []]);
  expect(minutes.length / 3).toBeLessThanOrEqual(61 + 11 + 1);
});

test('a ring that no feature reads any more goes with the next expiry, and others stay', () => {
  const states = { ...statesOf([eventAt('payment', NOON)]), 'gone/ring': ['', [1, 1]] };
  const kept = Object.keys(states).length - 1;
  features.expire(states, NOON);
  expect(Object.keys(states)).not.toContain('gone/ring');
  expect(Object.keys(states)).toHaveLength(kept);
});
