import { describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import type { EventProducer, ProducedEvent } from '../../core/ports.ts';
import { EventTooLargeError } from '../../functions/adapters/errors.ts';

/** A producer under test and a way to see what is on the stream. */
export interface ProducerUnderTest {
  readonly producer: EventProducer;
  /** Everything on the stream; events of one key in their order. */
  arrived(): Promise<readonly ProducedEvent[]>;
}

/** What every producer must do; `open` gives one with an empty stream of two shards or more. */
export function eventProducerContract(name: string, open: () => Promise<ProducerUnderTest>): void {
  const event = (key: string, text: string): ProducedEvent => ({ partitionKey: key, data: Buffer.from(text) });
  const byKey = (events: readonly ProducedEvent[]): Record<string, string[]> => {
    const texts: Record<string, string[]> = {};
    for (const { partitionKey, data } of events) {
      const of = texts[partitionKey] ?? [];
      of.push(Buffer.from(data).toString());
      texts[partitionKey] = of;
    }
    return texts;
  };

  describe(`event producer: ${name}`, () => {
    test('every event is on the stream, in order for each key', async () => {
      const { producer, arrived } = await open();
      const events = Array.from({ length: 3_000 }, (_, i) => event(`key-${i % 17}`, `${i} ${'x'.repeat(i % 400)}`));
      await producer.send(events.slice(0, 1));
      await producer.send(events.slice(1));
      expect(byKey(await arrived())).toEqual(byKey(events));
    });

    test('concurrent calls keep the order they were made in', async () => {
      const { producer, arrived } = await open();
      const events = Array.from({ length: 40 }, (_, i) => event(`key-${i % 3}`, String(i)));
      await Promise.all(events.map((one) => producer.send([one])));
      expect(byKey(await arrived())).toEqual(byKey(events));
    });

    test('large events among small ones, any bytes and any key arrive as they were', async () => {
      const { producer, arrived } = await open();
      const large = 1_048_576 - 3;
      const events = [
        event('a', 'before'),
        { partitionKey: 'a', data: Buffer.alloc(300_000, 1) },
        { partitionKey: 'max', data: Buffer.alloc(large, 2) },
        event('a', 'after'),
        { partitionKey: 'é😀'.repeat(40), data: Buffer.from([0, 255, 0xf3, 0x89, 0x9a]) },
      ];
      await producer.send(events);
      expect(byKey(await arrived())).toEqual(byKey(events));
    });

    test('an event that no record can hold is named, and nothing of its call is sent', async () => {
      const { producer, arrived } = await open();
      const tooLarge = { partitionKey: 'ab', data: Buffer.alloc(1_048_576 - 1) };
      const sent = producer.send([event('a', 'first'), tooLarge]);
      await expect(sent).rejects.toThrow(EventTooLargeError);
      await expect(sent).rejects.toThrow('1048577 bytes');
      await producer.send([event('a', 'next')]);
      expect(byKey(await arrived())).toEqual({ a: ['next'] });
    });

    test.each([0, 257])('a partition key of %i characters is refused', async (length) => {
      const { producer } = await open();
      await expect(producer.send([event('x'.repeat(length), 'x')])).rejects.toThrow(UsageError);
    });

    test('sending nothing is fine', async () => {
      const { producer, arrived } = await open();
      await producer.send([]);
      expect(await arrived()).toEqual([]);
    });
  });
}
