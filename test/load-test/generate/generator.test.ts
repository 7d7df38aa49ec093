import { describe, expect, test } from 'vitest';
import { compareGenerators } from '../../../bench/measures/generator.ts';
import { createParser } from '../../../core/events/parser.ts';
import { type GeneratorOptions, producerShare, TemplateGenerator } from '../../../load-test/generate/generator.ts';
import { type EventKind, KINDS } from '../../../load-test/generate/kinds.ts';
import { rateSegments } from '../../../load-test/profile/rate.ts';
import { constantProfile } from '../../../load-test/profile/read.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';

const START_MS = Date.UTC(2026, 11, 31, 23, 59, 0);
const parse = createParser(pipeline);

interface Made {
  readonly kind: EventKind;
  readonly intendedMs: number;
  readonly customer: number;
  readonly text: string;
  readonly ordinal: number;
  readonly euroMinor: number;
}

function generatorOf(settings: readonly string[] = [], options: Partial<GeneratorOptions> = {}): TemplateGenerator {
  const profile = constantProfile(200, 120, ['events.labels.delay_s=5', 'events.late.share=0.01', ...settings]);
  return new TemplateGenerator({
    ...{ dials: profile.events, arrivals: profile.arrivals, segments: rateSegments(profile), seed: 3 },
    ...{ run: 'l12', startMs: START_MS, producer: 0, producers: 1, ...options },
  });
}

function everything(generator: TemplateGenerator): Made[] {
  const made: Made[] = [];
  while (generator.dueMs !== Number.POSITIVE_INFINITY) {
    generator.next();
    const { kind, intendedMs, customer, chunk, start, end, ordinal, euroMinor } = generator;
    made.push({
      kind: KINDS[kind] as EventKind,
      intendedMs,
      customer,
      ordinal,
      euroMinor,
      text: Buffer.from(chunk.bytes.subarray(start, end)).toString(),
    });
  }
  return made;
}

const parsed = ({ text, intendedMs }: Made) =>
  parse({ position: '', sequence: '1', subSequence: 0, arrivalMs: intendedMs, partitionKey: 'k', bytes: Buffer.from(text) });
const share = (made: readonly Made[], kind: EventKind): number => made.filter((one) => one.kind === kind).length / made.length;

describe('events made by templates', () => {
  const made = everything(generatorOf());

  test('are valid but for those that are meant to be broken', () => {
    for (const one of made) expect('rejection' in parsed(one), one.text).toBe(one.kind === 'malformed');
    expect(share(made, 'malformed')).toBeGreaterThan(0.002);
  });

  test('are the bytes that JSON would be, character for character', () => {
    for (const { kind, text } of made) if (kind !== 'malformed') expect(JSON.stringify(JSON.parse(text))).toBe(text);
  });

  test('come in the order of their intended times, and say when they happened, across the turn of a year', () => {
    let before = 0;
    for (const one of made) {
      expect(one.intendedMs).toBeGreaterThanOrEqual(before);
      before = one.intendedMs;
      if (one.kind === 'malformed' || one.kind === 'duplicate') continue;
      const behindMs = one.intendedMs - Date.parse((JSON.parse(one.text) as { event_time: string }).event_time);
      if (one.kind === 'late') expect(Math.floor(behindMs)).toBe(900_000);
      else expect(behindMs).toBeLessThanOrEqual(30_001);
      expect(behindMs).toBeGreaterThanOrEqual(0);
    }
  });

  test('have the shares that the dials say', () => {
    expect(share(made, 'duplicate')).toBeCloseTo(0.01, 2);
    expect(share(made, 'late')).toBeCloseTo(0.01, 2);
    expect(share(made, 'label')).toBeCloseTo(0.047, 2);
  });

  test('repeat earlier ones byte for byte, and label earlier ones by id', () => {
    const texts = new Set<string>();
    const ids = new Set<string>();
    for (const { kind, text } of made) {
      if (kind === 'duplicate') expect(texts.has(text)).toBe(true);
      if (kind === 'malformed') continue;
      texts.add(text);
      const event = JSON.parse(text) as { event_id: string; transaction_id?: string };
      if (kind === 'label') expect(ids.has(event.transaction_id ?? '')).toBe(true);
      if (kind !== 'duplicate') expect(ids.has(event.event_id)).toBe(false);
      ids.add(event.event_id);
    }
  });

  test('are equal for an equal seed, others for another', () => {
    expect(everything(generatorOf())).toEqual(made);
    expect(everything(generatorOf([], { seed: 4 }))).not.toEqual(made);
  });
});

describe('skew', () => {
  const top = (skew: number): number => {
    const counts = new Map<number, number>();
    const made = everything(generatorOf([`events.skew=${skew}`, 'events.customers=1000']));
    for (const { customer } of made) counts.set(customer, (counts.get(customer) ?? 0) + 1);
    return (counts.get(0) ?? 0) / made.length;
  };

  test('gives the first customer its share by the law of Zipf', () => {
    const harmonic = Array.from({ length: 1_000 }, (_, i) => 1 / (i + 1)).reduce((sum, one) => sum + one);
    expect(top(1)).toBeCloseTo(1 / harmonic, 1.7);
    expect(top(0)).toBeLessThan(0.004);
  });

  test('is kept when producers share the customers: each has its own, and their parts are the whole', () => {
    const { events } = constantProfile(1, 1, ['events.skew=1.2', 'events.customers=777']);
    expect([0, 1, 2].reduce((sum, i) => sum + producerShare(events, i, 3), 0)).toBeCloseTo(1, 9);
    const parts = [0, 1, 2].map((producer) => everything(generatorOf(['events.skew=1'], { producer, producers: 3 })));
    for (const [i, part] of parts.entries()) expect(part.every(({ customer }) => customer % 3 === i)).toBe(true);
    expect(parts.flat().length).toBeGreaterThan(22_000);
    expect(parts.flat().length).toBeLessThan(28_500);
    expect(parts[0]?.length ?? 0).toBeGreaterThan(parts[2]?.length ?? 0);
  });
});

describe('the fraud scenarios of the handbook', () => {
  const frauds = (settings: readonly string[]) => {
    const made = everything(
      generatorOf(['events.labels.share=0', 'events.labels.delay_s=0', 'events.frauds.large_amounts=0', ...settings]),
    );
    const labels = made.filter(({ kind }) => kind === 'label').map(({ text }) => JSON.parse(text) as Record<string, string>);
    const payments = new Map(
      made.flatMap(({ kind, text }) =>
        kind === 'malformed' ? [] : [[(JSON.parse(text) as { event_id: string }).event_id, JSON.parse(text) as Record<string, string>]],
      ),
    );
    return { made, labels, of: labels.map(({ transaction_id = '' }) => payments.get(transaction_id) ?? {}) };
  };

  test('large amounts are above 220 euro, labelled as frauds', () => {
    const { labels, of } = frauds(['events.frauds.large_amounts=0.02']);
    expect(labels.length).toBeGreaterThan(200);
    for (const { amount, currency } of of) expect([Number(amount) > 220, currency]).toEqual([true, 'EUR']);
    expect(new Set(labels.map(({ scenario }) => scenario))).toEqual(new Set(['large-amount']));
  });

  test('all payments at a compromised terminal are frauds while it is', () => {
    const { made, labels, of } = frauds([
      'events.frauds.terminals={every_s: 40, for_s: 20, count: 5}',
      'events.terminals=50',
      'events.out_of_order.share=0',
    ]);
    const bad = new Set(of.slice(0, 20).map(({ terminal_id }) => terminal_id));
    const first = made.filter(({ kind, intendedMs }) => kind === 'transaction' && intendedMs < START_MS + 19_000);
    const there = first.filter(({ text }) => bad.has((JSON.parse(text) as { terminal_id: string }).terminal_id));
    const labelled = new Set(labels.map(({ transaction_id }) => transaction_id));
    expect(there.length).toBeGreaterThan(20);
    for (const { text } of there) expect(labelled.has((JSON.parse(text) as { event_id: string }).event_id)).toBe(true);
    const between = made.filter(({ intendedMs }) => intendedMs > START_MS + 21_000 && intendedMs < START_MS + 39_000);
    expect(between.some(({ kind }) => kind === 'label')).toBe(false);
  });

  test('of a compromised customer one payment in three is a fraud, of five times the amount', () => {
    const settings = [
      'events.frauds.customers={every_s: 1000, for_s: 1000, count: 40}',
      'events.customers=100',
      'events.out_of_order.share=0',
    ];
    const { made, labels, of } = frauds(settings);
    const customers = new Set(of.map(({ customer_id }) => customer_id));
    const theirs = made.filter(
      ({ kind, text }) => kind === 'transaction' && customers.has((JSON.parse(text) as { customer_id: string }).customer_id),
    );
    expect(labels.length / theirs.length).toBeCloseTo(1 / 3, 1);
    const same = (event: Readonly<Record<string, string>>): number => Number(event['amount']);
    const mean = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;
    const one = [...customers][0];
    const genuine = theirs
      .map(({ text }) => JSON.parse(text) as Record<string, string>)
      .filter(({ customer_id, event_id }) => customer_id === one && !labels.some(({ transaction_id }) => transaction_id === event_id));
    expect(mean(of.filter(({ customer_id }) => customer_id === one).map(same)) / mean(genuine.map(same))).toBeCloseTo(5, -0.5);
  });
});

test('the benchmark compares loads of one kind', () => {
  expect(compareGenerators).not.toThrow();
});
