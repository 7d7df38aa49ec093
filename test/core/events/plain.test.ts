import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type StreamRecord, unpackRecord } from '../../../core/decode/unpack.ts';
import { currency, fixed, flag, integer, money, text, time } from '../../../core/definition/fields.ts';
import { definePipeline, type Pipeline } from '../../../core/definition/pipeline.ts';
import { createParser } from '../../../core/events/parser.ts';
import { compilePlan } from '../../../core/plan.ts';
import { createRandom } from '../../../core/random.ts';
import { type ReadRecord, readRecords } from '../../../core/read.ts';
import { InputGenerator } from '../../property/fuzz/generator.ts';
import { eventText } from '../../property/fuzz/json.ts';
import { PIPELINES } from '../../property/fuzz/pipelines.ts';

const ARRIVAL_MS = Date.UTC(2026, 0, 6);

/** All kinds of fields, required and not. */
const KINDS = definePipeline({
  name: 'kinds',
  version: 1,
  eventTypes: {
    first: {
      description: 'All kinds.',
      key: 'who',
      table: 'firsts',
      fields: {
        ...{ who: text(), short: text({ maxLength: 5, optional: true }), long: text({ maxLength: 500, optional: true }) },
        ...{ amount: money({ currencyField: 'currency' }), currency: currency(), tip: money({ currencyField: 'tip_in', optional: true }) },
        ...{ tip_in: currency({ optional: true }), is_new: flag(), is_old: flag({ optional: true }), count: integer() },
        ...{ many: integer({ optional: true }), rate: fixed({ scale: 0 }), ratio: fixed({ scale: 9, optional: true }) },
        ...{ seen_time: time({ optional: true }) },
      },
    },
    second: { description: 'Another.', key: 'who', table: 'seconds', fields: { who: text(), is_new: text(), count: text() } },
  },
  aggregates: {},
});

const FIRST = {
  ...{
    type: 'first',
    event_id: 'e-1',
    event_time: '2026-01-05T10:00:00.123Z',
    who: 'w1',
    short: 'abc',
    long: 'a text of more than sixteen',
  },
  ...{ amount: '12.30', currency: 'EUR', tip: 5, tip_in: 'JPY', is_new: true, is_old: false, count: 7, many: -3, rate: 0, ratio: 0.25 },
  seen_time: '2024-02-29T23:59:59Z',
};
const SECOND = { type: 'second', event_id: 'e-2', event_time: '2026-01-05T10:01:00Z', who: 'w2', is_new: 'yes', count: 'one' };

/** Reads records in both ways. */
class Both {
  plain = 0;
  other = 0;
  readonly #plan: ReturnType<typeof compilePlan>;
  readonly #parse: ReturnType<typeof createParser>;

  constructor(pipeline: Pipeline) {
    this.#plan = compilePlan(pipeline);
    this.#parse = createParser(pipeline);
  }

  /** Both ways give the same, or the test fails. */
  check(data: Uint8Array | string, partitionKey = 'k'): void {
    const record = { sequence: '17', arrivalMs: ARRIVAL_MS, partitionKey, data: Buffer.from(data).toString('base64') };
    const read = readRecords(this.#plan, [record]);
    expect(read).toStrictEqual(this.#reference(record));
    for (const { raw, parsed } of read) {
      if (!('event' in parsed)) continue;
      expect(this.#plan.parse(raw)).toStrictEqual(parsed);
      if (this.#plan.parsePlain(raw) === undefined) this.other += 1;
      else this.plain += 1;
    }
  }

  #reference(record: StreamRecord): ReadRecord[] {
    return unpackRecord(record).map(({ raw, rejection }) => ({
      raw,
      parsed: rejection === undefined ? this.#parse(raw) : { rejection },
    }));
  }
}

describe('the quick reader and the parser', () => {
  test('agree on what fuzzing makes', () => {
    for (const seed of [1, 2, 3]) {
      const inputs = new InputGenerator(seed);
      const both = { payments: new Both(PIPELINES.payments), sensors: new Both(PIPELINES.sensors) };
      for (let i = 0; i < 2_000; i += 1) {
        const input = inputs.next();
        both[input.pipeline].check(input.data, i % 3 === 0 ? '4111 1111 1111 1111' : 'k');
        if (i % 10 === 0) inputs.keep(input);
      }
      expect(both.payments.plain).toBeGreaterThan(200);
    }
  });

  test('agree on right events, which are mostly plain', () => {
    const random = createRandom(5);
    const both = new Both(PIPELINES.payments);
    for (let i = 0; i < 2_000; i += 1) both.check(eventText(random, 'payments', 0));
    expect(both.plain).toBeGreaterThan(1_900);
  });

  test('agree on every byte changed to every byte that means something', () => {
    const both = new Both(KINDS);
    const bytes = Buffer.from(' "\\,:{}[]-+.0159aeEzZtTnul\0\n\x1f\x7fé4_');
    for (const event of [FIRST, SECOND]) {
      const good = Buffer.from(JSON.stringify(event));
      for (let at = 0; at < good.length; at += 1) {
        for (const byte of bytes) {
          const changed = Buffer.from(good);
          changed[at] = byte;
          both.check(changed);
        }
        both.check(Buffer.concat([good.subarray(0, at), good.subarray(at + 1)]));
        both.check(good.subarray(0, at));
      }
      both.check(good);
    }
    expect(both.plain).toBeGreaterThan(1_500);
  });

  test('agree on any value in any field, in any order, with any blanks and with members nobody declared', () => {
    const scalar = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
      fc.stringMatching(/^[a-z0-9 .-]{1,40}$/),
      fc.stringMatching(/^-?[0-9]{1,18}(\.[0-9]{1,9})?$/),
      fc.constantFrom('4111111111111111', '4111-1111 1111.1111', '[card **1111]', 'EUR', 'JPY', 'KWD', 'eur', 'first', 'é', '𝟜111'),
      fc.constantFrom('2026-01-05T10:00:00+00:00', '2026-01-05T10:00:00.5Z', '2026-01-05T10:00:00.123456789-00:00', '2023-02-29T00:00:00Z'),
      fc.constantFrom('2026-01-07T09:00:00.000Z', '1999-12-31T23:59:59.999Z', '2100-01-01T00:00:00Z', '2026-01-05t10:00:00z'),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true }),
      fc.integer({ min: -99_999, max: 99_999 }).map((value) => value / 100),
      fc.constantFrom(true, false, null),
      fc.constantFrom([], {}, [1], { a: 1 }),
    );
    const key = fc.oneof(fc.constantFrom(...Object.keys(FIRST), 'note', 'extra', 'prototype'), fc.stringMatching(/^[a-z]{1,3}$/));
    const change = fc.record({ key, value: fc.option(scalar, { freq: 4 }) });
    const event = fc.record({
      base: fc.constantFrom<Readonly<Record<string, unknown>>>(FIRST, FIRST, SECOND),
      changes: fc.array(change, { maxLength: 3 }),
      turn: fc.nat({ max: 16 }),
      blank: fc.constantFrom('', '', '', ' ', '\n\t '),
    });
    const both = new Both(KINDS);
    fc.assert(
      fc.property(event, scalar, ({ base, changes, turn, blank }, partitionKey) => {
        const members = Object.entries({
          ...base,
          ...Object.fromEntries(changes.map(({ key: name, value }) => [name, value ?? undefined])),
        });
        const turned = [...members.slice(turn), ...members.slice(0, turn)].filter(([, value]) => value !== undefined);
        const json = turned
          .map(([name, value]) => `${blank}${JSON.stringify(name)}${blank}:${blank}${JSON.stringify(value)}`)
          .join(`${blank},`);
        both.check(`${`{${json}`}${blank}}${blank}`, String(partitionKey));
      }),
      { numRuns: 3_000 },
    );
    expect(both.plain).toBeGreaterThan(400);
  });

  test('agree on texts that share what is remembered, in one event and one after another', () => {
    const both = new Both(KINDS);
    const random = createRandom(9);
    const texts = Array.from({ length: 30_000 }, (_, i) => `t${i.toString(36)}`);
    for (let i = 0; i < 6_000; i += 1) {
      const [who, long, short] = [random.pick(texts), random.pick(texts), random.pick(texts.slice(0, 40))];
      // Every third is refused only when most of its texts have been read.
      both.check(JSON.stringify({ ...FIRST, who, long, short, seen_time: i % 3 === 0 ? 'never' : FIRST.seen_time }));
    }
    expect(both.plain).toBe(4_000);
  });
});
