import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventColumns } from '../../../core/backtest/event-columns.ts';
import type { FeatureSpec } from '../../../core/definition/features.ts';
import type { Event } from '../../../core/model.ts';
import { eventAt } from '../profiles/naive.ts';
import { paymentsPipeline } from '../profiles/payments.ts';

const pipeline = paymentsPipeline({} as Record<string, FeatureSpec>);

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined, freq: 2 });

const event: fc.Arbitrary<Event> = fc.oneof(
  fc
    .record({
      customer: fc.constantFrom('a', 'b', '__proto__'),
      terminal: optional(fc.string()),
      amount: fc.maxSafeInteger(),
      channel: optional(fc.constantFrom('', 'web')),
      reading: optional(fc.integer()),
    })
    .map((values) => eventAt('payment', 1_000, values)),
  fc
    .record({ fraud: fc.boolean(), loss: optional(fc.integer()) })
    .map((values) => eventAt('label', 2_000, { ...values, amount: undefined })),
);

/** Without the fields that an event does not have. */
const present = ({ values, ...rest }: Event): unknown => ({
  ...rest,
  values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
});

test('events come out as they went in, whichever fields they have, and in any order', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (events, numbers) => {
      const columns = new EventColumns(pipeline);
      for (const one of events) columns.add(one);
      const rows = Array.from({ length: columns.count }, (_, row) => row);
      // Looking at rows must not keep later ones out.
      expect(rows.map((row) => present(columns.at(row)))).toEqual(events.map(present));
      columns.add(eventAt('payment', 3_000, { lat: 5, lon: 6 }));
      expect(columns.at(events.length).values).toMatchObject({ lat: 5, lon: 6 });
      const order = rows.map((row) => ({ row, by: numbers.next().value ?? 0 })).sort((a, b) => a.by - b.by);
      const other = columns.reordered(Uint32Array.from(order, ({ row }) => row));
      expect(order.map((_, i) => present(other.at(i)))).toEqual(order.map(({ row }) => present(events[row] as Event)));
      expect(order.map((_, i) => [other.typeOf(i), other.timeOf(i), other.valueOf(i, 'reading')])).toEqual(
        order.map(({ row }) => [events[row]?.type, events[row]?.timeMs, events[row]?.values['reading']]),
      );
    }),
  );
});

test('a reader gives the fields that it is asked for, with time, id and key', () => {
  const columns = new EventColumns(pipeline);
  columns.add(eventAt('payment', 1_000, { reading: 7 }));
  const { event_id, ...values } = columns.reader(new Set(['amount', 'lat']))(0).values;
  expect([typeof event_id, values]).toEqual(['string', { event_time: 1_000, customer: 'c1', amount: 100 }]);
  expect(columns.reader(new Set())(0)).toMatchObject({ type: 'payment', timeMs: 1_000, key: 'c1', id: event_id });
});

test('a type that the pipeline does not have is an error', () => {
  expect(() => new EventColumns(pipeline).add({ ...eventAt('payment', 0), type: 'other' })).toThrow('other');
});
