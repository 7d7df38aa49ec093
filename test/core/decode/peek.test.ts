import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KplPacker } from '../../../core/decode/kpl-pack.ts';
import { peekEventTimes } from '../../../core/decode/peek.ts';
import { TIME_END_MS, TIME_MIN_MS } from '../../../core/events/timestamp.ts';

const timeMs = fc.integer({ min: TIME_MIN_MS, max: TIME_END_MS - 1 });
const textOf = (ms: number): string => new Date(ms).toISOString();

describe('peekEventTimes', () => {
  test('finds the times of the first and the last user record of an aggregate', () => {
    fc.assert(
      fc.property(fc.array(timeMs, { minLength: 1, maxLength: 20 }), (times) => {
        const packer = new KplPacker();
        for (const ms of times)
          packer.add('k', Buffer.from(JSON.stringify({ type: 'label', transaction_time: textOf(TIME_MIN_MS), event_time: textOf(ms) })));
        expect(peekEventTimes(packer.finish())).toEqual({ firstMs: times[0], lastMs: times.at(-1) });
      }),
    );
  });

  test('a plain record has one time, blanks or not', () => {
    const peeked = { firstMs: Date.UTC(2024, 4, 6), lastMs: Date.UTC(2024, 4, 6) };
    expect(peekEventTimes(Buffer.from('{"event_time":"2024-05-06T00:00:00Z"}'))).toEqual(peeked);
    expect(peekEventTimes(new Uint8Array(Buffer.from('{"event_time" : "2024-05-06T00:00:00.000000000+00:00"}')))).toEqual(peeked);
  });

  test.each([
    '',
    '{}',
    '{"event_time":',
    '{"event_time":1714953600}',
    '{"event_time":"yesterday"}',
    '{"event_time":"1970-01-01T00:00:00Z"}',
    '{"event_time":"2024-05-06T00:00:00Z"}{"event_time":"never"}',
    '{"transaction_time":"2024-05-06T00:00:00Z"}',
  ])('%s has no times to see', (text) => {
    expect(peekEventTimes(Buffer.from(text))).toBeUndefined();
  });
});
