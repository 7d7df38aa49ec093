import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVENT_BYTES_MAX, JSON_DEPTH_MAX, JSON_KEYS_MAX, JsonScanner } from '../../../core/decode/json.ts';
import { KIND } from '../../../core/decode/tokens.ts';
import { firstBadUtf8 } from '../../../core/decode/utf8.ts';

const NAMES = ['a', 'b', 'type', 'long_name'];
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

function codeOf(text: string | Uint8Array): string | undefined {
  return new JsonScanner(NAMES).scan(Buffer.from(text))?.code;
}

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const key = fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary', maxLength: 8 })).filter((name) => !FORBIDDEN.has(name));
const value = fc.jsonValue({ maxDepth: 3 }).filter((one) => !/__proto__|constructor|prototype/.test(JSON.stringify(one)));
const object = fc.dictionary(key, value, { maxKeys: 8 });

describe('JSON scanner', () => {
  test('what JSON.stringify writes is scanned, and gives the same members', () => {
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, '\t'), (written, indent) => {
        const scanner = new JsonScanner(NAMES);
        expect(scanner.scan(Buffer.from(JSON.stringify(written, undefined, indent)))).toBeUndefined();
        NAMES.forEach((name, member) => {
          const kind = scanner.kindOf(member);
          const expected = Object.hasOwn(written, name) ? JSON.parse(JSON.stringify(written[name])) : undefined;
          expect(kind === KIND.absent).toBe(expected === undefined);
          if (kind === KIND.absent) return;
          const isString = kind === KIND.string || kind === KIND.escaped;
          expect(isString ? scanner.textOf(member) : JSON.parse(scanner.textOf(member))).toEqual(expected);
        });
      }),
      { numRuns: 400 },
    );
  });

  test('takes and refuses exactly what JSON.parse takes and refuses', () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\/ -+.0123eEuntrfals\n\t',
      '"a"',
      '"b":',
      'null',
      'true',
      'false',
      '\\u00e9',
      '\\n',
      '1.5e-3',
      '-0',
      '{"a":',
      '[1,',
      'é',
      '\u0000',
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((inner) => `{"x":${inner}}`),
          text.map((inner) => `{${inner}}`),
        ),
        (source) => {
          const code = codeOf(source);
          if (code === 'DUPLICATE_KEY') return;
          expect([source, code !== 'JSON_SYNTAX']).toEqual([source, isParsed(source)]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('one changed character: JSON.parse and the scanner still agree', () => {
    const source = '{"a":"x\\u0041\\n","b":[1,-2.50e+3,{"c":null}],"type":true,"d":{}, "e" : 0}';
    const change = fc.record({ at: fc.nat({ max: source.length - 1 }), char: fc.constantFrom(...'{}[]:,"\\ -+.0e1uxn\n') });
    fc.assert(
      fc.property(change, fc.boolean(), ({ at, char }, isDropped) => {
        const changed = source.slice(0, at) + (isDropped ? '' : char) + source.slice(at + 1);
        const code = codeOf(changed);
        if (code === 'DUPLICATE_KEY' || code === 'NOT_AN_OBJECT') return;
        expect([changed, code === undefined]).toEqual([changed, isParsed(changed)]);
      }),
      { numRuns: 1_500 },
    );
  });

  test('numbers stay the digits that were sent', () => {
    const scanner = new JsonScanner(NAMES);
    scanner.scan(Buffer.from('{"a":9007199254740993,"b":0.30000000000000004,"type":1e400}'));
    expect([0, 1, 2].map((member) => scanner.textOf(member))).toEqual(['9007199254740993', '0.30000000000000004', '1e400']);
  });

  test('a member of one event is absent from the next', () => {
    const scanner = new JsonScanner(NAMES);
    scanner.scan(Buffer.from('{"a":"é"}'));
    scanner.scan(Buffer.from('{"b":"x"}'));
    expect([scanner.kindOf(0), scanner.textOf(1)]).toEqual([KIND.absent, 'x']);
  });

  test('limits hold to the one', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(codeOf(nested(JSON_DEPTH_MAX))).toBeUndefined();
    expect(codeOf(nested(JSON_DEPTH_MAX + 1))).toBe('JSON_TOO_DEEP');
    const wide = (keys: number): string => `{${Array.from({ length: keys }, (_, index) => `"k${index}":0`).join()}}`;
    expect(codeOf(wide(JSON_KEYS_MAX))).toBeUndefined();
    expect(codeOf(wide(JSON_KEYS_MAX + 1))).toBe('JSON_TOO_WIDE');
    const long = (length: number): string => `{"a":"${'x'.repeat(length - 8)}"}`;
    expect(codeOf(long(EVENT_BYTES_MAX))).toBeUndefined();
    expect(codeOf(long(EVENT_BYTES_MAX + 1))).toBe('EVENT_TOO_LARGE');
  });

  test('a fault names the byte and the member of the event it lies in', () => {
    const rejection = new JsonScanner(NAMES).scan(Buffer.from('{"a":1,"deep":{"x":[1,tru]}}'));
    expect(rejection).toMatchObject({ code: 'JSON_SYNTAX', path: 'deep' });
    expect(rejection?.message).toContain('at byte 22');
  });

  test('the path is well-formed text, whatever half of a pair the key is', () => {
    expect(new JsonScanner(NAMES).scan(Buffer.from('{"\\ud800": tru}'))).toMatchObject({ code: 'JSON_SYNTAX', path: '\ufffd' });
  });

  test('the same key in different objects is no duplicate', () => {
    expect(codeOf('{"a":{"a":1,"x":{"a":1}},"b":[{"a":1},{"a":2}]}')).toBeUndefined();
  });
});

describe('UTF-8', () => {
  const edges = [
    0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff,
  ];

  test('the first bad byte ends the longest good prefix', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...edges), { maxLength: 8 }), (list) => {
        const bytes = Buffer.from(list);
        const at = firstBadUtf8(bytes);
        expect(at === -1).toBe(isUtf8(bytes));
        if (at >= 0) expect(isUtf8(bytes.subarray(0, at))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('the message has the offset of the bad byte', () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"é'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(new JsonScanner(NAMES).scan(bytes)?.message).toContain('at byte 8: got "ff227d"');
  });
});
