import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FeedShape } from '../../../local/feed/events.ts';
import { LINE_BYTES_MAX, lineEvents } from '../../../local/feed/lines.ts';
import { freshFolder } from '../endpoint/with-endpoint.ts';

const SHAPE: FeedShape = { keyFields: { transaction: 'customer_id', label: 'card' }, fieldKinds: {}, defaultType: 'transaction' };

interface Line {
  readonly bytes: Buffer;
  readonly key: string;
  readonly timeMs: number;
}

async function linesOf(...contents: (string | Uint8Array)[]): Promise<Line[]> {
  const folder = await freshFolder();
  const files = contents.map((_, i) => join(folder, `${i}.ndjson`));
  await Promise.all(files.map((file, i) => writeFile(file, contents[i] ?? '')));
  const found: Line[] = [];
  for await (const { count, bytes, ends, keys, timesMs } of lineEvents(files, SHAPE)) {
    for (let i = 0; i < count; i++) {
      found.push({ bytes: Buffer.from(bytes.subarray(ends[i - 1] ?? 0, ends[i])), key: keys[i] ?? '', timeMs: timesMs[i] ?? 0 });
    }
  }
  return found;
}

const texts = (lines: readonly Line[]): string[] => lines.map(({ bytes }) => bytes.toString('latin1'));

describe('NDJSON lines', () => {
  test('go byte for byte, whatever they hold; blank ones and line ends do not', async () => {
    const bad = Buffer.from([0x7b, 0xff, 0x00, 0xfe]);
    const content = Buffer.concat([Buffer.from('{"a":1}\r\n\n  \t\r\n'), bad, Buffer.from('\n[1]\n  {"b":2} \nlast')]);
    expect(texts(await linesOf(content))).toEqual(['{"a":1}', bad.toString('latin1'), '[1]', '  {"b":2} ', 'last']);
  });

  test('files follow one another, a byte order mark at the start of one is no part of its first line', async () => {
    expect(texts(await linesOf('\ufeff{"a":1}\n', '', '\n', '{"b":2}'))).toEqual(['{"a":1}', '{"b":2}']);
  });

  test('key and time come from the event; what cannot be read has neither', async () => {
    const lines = await linesOf(
      [
        '{"type":"transaction","customer_id":"c1","card":"x","event_time":"2026-01-01T00:00:00.5Z"}',
        '{"type":"label","customer_id":"c1","card":42,"event_time":5}',
        '{"customer_id":"c2"}',
        '{"type":"__proto__","customer_id":"c3","event_time":"soon"}',
        `{"customer_id":"${'x'.repeat(257)}"}`,
        '{"customer_id":""}',
        'null',
        '{"customer_id":"c4"',
      ].join('\n'),
    );
    expect(lines.map(({ key }) => key)).toEqual(['c1', '42', 'c2', 'c3', 'unparsed', 'unparsed', 'unparsed', 'unparsed']);
    expect(lines.map(({ timeMs }) => timeMs)).toEqual([Date.UTC(2026, 0, 1, 0, 0, 0, 500), ...Array(7).fill(Number.NaN)]);
  });

  test('any lines come out as they went in, also across reads', async () => {
    const line = fc
      .oneof(fc.string({ unit: 'grapheme' }), fc.constant('x'.repeat(700_000)))
      .map((text) => `{${text.replace(/[\r\n\ufeff]/g, '')}`);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'), async (lines, end) => {
        expect((await linesOf(lines.join(end))).map(({ bytes }) => bytes.toString())).toEqual(lines);
      }),
      { numRuns: 15 },
    );
  });

  test('a line without end is cut, and what follows it is read', async () => {
    const lines = await linesOf(Buffer.concat([Buffer.alloc(LINE_BYTES_MAX + 3_000_000, 0x61), Buffer.from('\n{"b":2}\n')]));
    expect(lines.map(({ bytes }) => bytes.length)).toEqual([LINE_BYTES_MAX, 7]);
  });
});
