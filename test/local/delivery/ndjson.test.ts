import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowEncoder } from '../../../lake/row-text.ts';
import { kindsTable } from '../../contract/kinds-table.ts';

const encode = rowEncoder(kindsTable);

describe('rows as NDJSON', () => {
  test('each line is JSON of the row without its nulls, in well-formed Unicode', () => {
    const text = fc.string({ unit: 'binary' });
    const rows = fc.array(
      fc.record({
        id: text,
        small: fc.option(fc.integer()),
        real: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
        yes: fc.option(fc.boolean()),
        names: fc.option(fc.array(text, { maxLength: 3 })),
        text: fc.option(text),
      }),
    );
    fc.assert(
      fc.property(rows, (some) => {
        const lines = encode(some).toString('utf8').split('\n');
        expect(lines.pop()).toBe('');
        const expected = some.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)));
        const wellFormed = JSON.parse(JSON.stringify(expected), (_name, value) =>
          typeof value === 'string' ? value.toWellFormed() : value,
        );
        expect(lines.map((line) => JSON.parse(line))).toEqual(wellFormed);
      }),
    );
  });

  test('half a surrogate pair becomes U+FFFD, also inside lists', () => {
    expect(encode([{ id: 'a\ud800', names: ['\udc00b'] }]).toString('utf8')).toBe('{"id":"a\ufffd","names":["\ufffdb"]}\n');
  });

  test('a number that JSON does not know reads as null', () => {
    expect(encode([{ id: 'a', real: Number.NaN }]).toString('utf8')).toBe('{"id":"a","real":null}\n');
  });
});
