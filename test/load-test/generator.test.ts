import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createParser } from '../../core/events/parser.ts';
import type { Parsed } from '../../core/model.ts';
import { createRandom } from '../../core/random.ts';
import { type GeneratedEvent, type GeneratorOptions, generateEvents } from '../../load-test/generator.ts';
import { openSchedule } from '../../load-test/schedule.ts';
import { pipeline } from '../../pipelines/payments/pipeline.ts';

const OPTIONS: GeneratorOptions = { seed: 7, startMs: Date.UTC(2026, 0, 5, 10), eventsPerSecond: 50 };
const parse = createParser(pipeline);

function take(options: GeneratorOptions, n: number): GeneratedEvent[] {
  const events = generateEvents(options);
  return Array.from({ length: n }, () => events.next().value);
}

function parsed({ json, key, sendMs }: GeneratedEvent): Parsed {
  return parse({ position: '', sequence: '1', subSequence: 0, arrivalMs: sendMs, partitionKey: key, bytes: Buffer.from(json) });
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const dials = fc.record({
  seed: fc.nat(),
  startMs: fc.constant(OPTIONS.startMs),
  eventsPerSecond: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
  outOfOrderShare: share,
  duplicateShare: share,
  malformedShare: share,
  lateShare: share,
  fraudShare: share,
  labelShare: share,
  labelDelayMs: fc.nat({ max: 100_000 }),
});

describe('the generator', () => {
  test('gives equal events for equal options, and others for another seed', () => {
    expect(take(OPTIONS, 500)).toEqual(take(OPTIONS, 500));
    expect(take(OPTIONS, 500)).not.toEqual(take({ ...OPTIONS, seed: 8 }, 500));
  });

  test('never goes back in sending, and never says more than it means', () => {
    fc.assert(
      fc.property(dials, (options) => {
        let lastMs = Number.NEGATIVE_INFINITY;
        for (const event of take(options, 100)) {
          expect(event.sendMs).toBeGreaterThanOrEqual(lastMs);
          expect(event.timeMs).toBeLessThanOrEqual(event.sendMs);
          lastMs = event.sendMs;
          const outcome = parsed(event);
          if (event.kind === 'malformed') expect(outcome).toHaveProperty('rejection');
          else expect(outcome).toMatchObject({ event: { timeMs: event.timeMs, key: event.key } });
        }
      }),
      { numRuns: 40 },
    );
  });

  test('ids are new but for duplicates, which repeat an event byte for byte', () => {
    const seen = new Map<string, string>();
    for (const event of take({ ...OPTIONS, duplicateShare: 0.2 }, 3_000)) {
      const outcome = parsed(event);
      if (!('event' in outcome)) continue;
      const { id } = outcome.event;
      if (event.kind === 'duplicate') expect(seen.get(id)).toBe(event.json);
      else expect(seen.has(id)).toBe(false);
      seen.set(id, event.json);
    }
  });

  test('keeps to its dials', () => {
    const events = take({ ...OPTIONS, duplicateShare: 0.1, malformedShare: 0.1, lateShare: 0.1, labelShare: 0 }, 10_000);
    for (const kind of ['duplicate', 'malformed', 'late'] as const) {
      const found = events.filter((event) => event.kind === kind).length;
      expect(found / events.length, kind).toBeGreaterThan(0.07);
      expect(found / events.length, kind).toBeLessThan(0.12);
    }
    const seconds = ((events.at(-1)?.sendMs ?? 0) - OPTIONS.startMs) / 1000;
    expect(events.length / seconds).toBeGreaterThan(47);
    expect(events.length / seconds).toBeLessThan(53);
  });

  test('out-of-order events lie within the bound, late ones past out-of-orderness and allowed lateness', () => {
    const { outOfOrdernessMs, allowedLatenessMs } = pipeline.time;
    for (const { kind, sendMs, timeMs } of take({ ...OPTIONS, duplicateShare: 0, lateShare: 0.05 }, 3_000)) {
      if (kind === 'transaction') expect(sendMs - timeMs).toBeLessThanOrEqual(outOfOrdernessMs);
      if (kind === 'late') expect(sendMs - timeMs).toBeGreaterThan(outOfOrdernessMs + allowedLatenessMs);
    }
  });

  test('with all mistakes at zero sends valid events in event-time order', () => {
    const clean = { ...OPTIONS, outOfOrderShare: 0, duplicateShare: 0, malformedShare: 0, lateShare: 0, labelDelayMs: 1_000 };
    const events = take(clean, 2_000);
    expect(events.every((event) => event.timeMs === event.sendMs && 'event' in parsed(event))).toBe(true);
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['transaction', 'label']));
  });

  test('refuses dials out of range', () => {
    expect(() => take({ ...OPTIONS, lateShare: 1.5 }, 1)).toThrow('lateShare: got 1.5; allowed: a share in 0..1');
    expect(() => take({ ...OPTIONS, customers: 0 }, 1)).toThrow('customers: got 0');
    expect(() => take({ ...OPTIONS, eventsPerSecond: 0 }, 1)).toThrow('eventsPerSecond: got 0');
    expect(() => take({ ...OPTIONS, seed: 0.5 }, 1)).toThrow('seed: got 0.5');
  });
});

describe('an open schedule', () => {
  test('has independent gaps: their standard deviation equals their mean', () => {
    const times = openSchedule(createRandom(3), { startMs: 0, eventsPerSecond: 1_000 });
    let lastMs = 0;
    const gaps = Array.from({ length: 20_000 }, () => {
      const timeMs = times.next().value;
      const gap = timeMs - lastMs;
      lastMs = timeMs;
      return gap;
    });
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(mean).toBeCloseTo(1, 1);
    expect(deviation).toBeCloseTo(1, 1);
  });
});

describe('the source of numbers', () => {
  test('is uniform, and normal where asked', () => {
    const random = createRandom(11);
    const cells = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const cell = random.below(10);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
    for (const cell of cells) expect(Math.abs(cell - 10_000)).toBeLessThan(500);
    const normals = Array.from({ length: 50_000 }, () => random.normal());
    expect(normals.reduce((sum, x) => sum + x, 0) / normals.length).toBeCloseTo(0, 1);
    expect(normals.reduce((sum, x) => sum + x * x, 0) / normals.length).toBeCloseTo(1, 1);
  });

  test('differs from the first number on for seeds that differ in one bit', () => {
    const first = new Set(Array.from({ length: 32 }, (_, bit) => createRandom(2 ** bit).unit()));
    expect(first.size).toBe(32);
  });
});
