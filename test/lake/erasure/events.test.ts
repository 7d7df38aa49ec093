import { describe, expect, test } from 'vitest';
import { createRecordMask } from '../../../lake/erasure/events.ts';
import { subjectOf } from '../../../lake/erasure/subject.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';

const SECRET = Buffer.alloc(32, 7);
const FIELDS = { event_id: 'p1', event_time: '2026-01-05T10:00:00Z', terminal_id: 't7', amount: '12.50', currency: 'EUR' };

const subject = (value: string) => subjectOf(pipeline, 'customer_id', value, SECRET);
const record = (text: string | Uint8Array, partitionKey = 'x') => ({
  bytes: Buffer.from(text),
  partitionKey,
  arrivalMs: Date.parse('2026-01-05T10:00:01Z'),
});
const eventOf = (fields: object): string => JSON.stringify({ type: 'transaction', ...FIELDS, ...fields });
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

describe('pseudonyms', () => {
  test('are the same for the same key and secret, others for any other, and never the key', () => {
    const one = subject('ada').pseudonym;
    expect(one).toMatch(/^erased-[a-p]{32}$/);
    expect(subject('ada').pseudonym).toBe(one);
    expect(subject('bob').pseudonym).not.toBe(one);
    expect(subjectOf(pipeline, 'customer_id', 'ada', Buffer.alloc(32, 8)).pseudonym).not.toBe(one);
  });

  test('of a personal value are one for each value of each subject, so that no two customers are linked by a device', () => {
    const one = subject('ada').pseudonymOf('device_id', 'd1');
    expect(one).toMatch(/^erased-[a-p]{32}$/);
    expect(subject('ada').pseudonymOf('device_id', 'd1')).toBe(one);
    const others = [
      subject('ada').pseudonymOf('device_id', 'd2'),
      subject('ada').pseudonymOf('other', 'd1'),
      subject('bob').pseudonymOf('device_id', 'd1'),
      subject('ada').pseudonym,
    ];
    expect(new Set([one, ...others]).size).toBe(5);
  });

  test.each([
    ['terminal_id', 'ada', 'key field: got "terminal_id"; allowed: customer_id'],
    ['customer_id', '', '--customer_id'],
    ['customer_id', 'a\0b', '--customer_id'],
    ['customer_id', 'erased-gjkdbfifaokipcpoocmeganeghcpfpaa', 'when it was erased'],
  ])('of %s %j are refused', (field, value, message) => {
    expect(() => subjectOf(pipeline, field, value, SECRET)).toThrow(message);
  });
});

describe('an event of the subject', () => {
  test.each(['ada', `o'neil "q" 100%`, 'Zoë 漢字', 'a\\b/c'])(
    'of key %j reads the same but for the key, personal and unknown fields',
    (key) => {
      const it = subject(key);
      const personal = { device_id: 'd1', lat: 1.5, lon: '2.25' };
      const mask = createRecordMask(pipeline, it);
      const before = record(
        eventOf({ customer_id: key, ...personal, amount: '90071992547409.91', note: `for ${key}`, country: 'Österreich' }),
      );
      const masked = mask.event(before);
      if (masked === undefined || !('event' in masked.before) || !('event' in masked.after)) throw new Error('not masked');
      const { device_id, lat, lon, ...rest } = masked.before.event.values;
      expect([device_id, lat, lon]).toEqual(['d1', 1_500_000, 2_250_000]);
      expect(masked.after.event.values).toEqual({ ...rest, customer_id: it.pseudonym, device_id: it.pseudonymOf('device_id', 'd1') });
      expect(text(masked.bytes)).not.toContain(JSON.stringify(key).slice(1, -1));
      // Masked bytes are nobody's: masking again changes nothing.
      expect(mask.event(record(masked.bytes))).toBeUndefined();
    },
  );

  test('is found however its key is written, and others are left alone', () => {
    const mask = createRecordMask(pipeline, subject('ada'));
    const escaped = eventOf({ customer_id: 'ada' }).replace('"ada"', String.raw`"\u0061da"`);
    expect(text(mask.event(record(escaped))?.bytes)).toContain('erased-');
    expect(mask.event(record(eventOf({ customer_id: 'bob', terminal_id: 'ada' }), 'ada'))).toBeUndefined();
  });
});

describe('a refused record of the subject', () => {
  const mask = createRecordMask(pipeline, subject('ada-1'));

  test('is refused for the same reason once masked', () => {
    const masked = mask.refused(record(eventOf({ customer_id: 'ada-1', amount: '12,5', device_id: 'd1', note: 'ada-1' })));
    expect(masked?.after).toEqual(masked?.before);
    expect(text(masked?.bytes)).toContain('12,5');
    expect(text(masked?.bytes)).not.toMatch(/ada-1|"d1"/);
    expect(text(masked?.bytes)).toContain(subject('ada-1').pseudonymOf('device_id', 'd1'));
  });

  test.each([
    ['broken JSON', '{"customer_id":"ada-1",', 'x'],
    ['a word of plain text', 'p1;ada-1;12', 'x'],
    ['its partition key', 'p1', 'ada-1'],
    ['deep inside', '[{"who":["ada-1"]}]', 'x'],
    ['a fault in a personal field', eventOf({ customer_id: 'ada-1', lat: 'ada-1' }), 'x'],
    ['a device that is no text', eventOf({ customer_id: 'ada-1', device_id: 4711 }), 'x'],
    ['a device whose text is too long', eventOf({ customer_id: 'ada-1', device_id: `ada-1${'x'.repeat(200)}` }), 'x'],
  ])('is erased whole where only a part of it could not be: %s', (_what, bytes, key) => {
    const masked = mask.refused(record(bytes, key));
    expect(text(masked?.bytes)).toBe('erased');
    expect(masked?.after).toHaveProperty('rejection');
  });

  test.each(['p1;ada-11;12', eventOf({ customer_id: 'bob', amount: 'x' }), '{"a":"ada-12"}'])('of somebody else stays: %s', (bytes) => {
    expect(mask.refused(record(bytes))).toBeUndefined();
  });
});
