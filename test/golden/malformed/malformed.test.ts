import { describe, expect, test } from 'vitest';
import { unpackRecord } from '../../../core/decode/unpack.ts';
import { CODES } from '../../../core/events/codes.ts';
import { createParser } from '../../../core/events/parser.ts';
import type { Rejection } from '../../../core/model.ts';
import { pipeline } from '../../../pipelines/payments/pipeline.ts';
import { malformed } from './malformed.ts';

const parse = createParser(pipeline);
const ARRIVAL_MS = Date.UTC(2026, 0, 1);

function rejectionsOf(data: Buffer): Rejection[] {
  const units = unpackRecord({ sequence: '1', arrivalMs: ARRIVAL_MS, partitionKey: 'c1', data: data.toString('base64') });
  return units.map(({ raw, rejection }) => {
    if (rejection !== undefined) return rejection;
    const parsed = parse(raw);
    return 'rejection' in parsed ? parsed.rejection : { code: 'none', path: '', message: 'it was accepted' };
  });
}

describe('malformed input', () => {
  test.each(malformed.map((one) => [one.name, one] as const))('%s', (_, { data, code, path }) => {
    const rejections = rejectionsOf(data);
    expect(rejections).toHaveLength(1);
    expect(rejections[0]).toMatchObject({ code, path });
    expect(rejections[0]?.message).toMatch(/: got .*; allowed: ./s);
    expect(rejections[0]?.message.length).toBeLessThan(800);
  });

  test('there are at least 60 kinds, with different names', () => {
    expect(new Set(malformed.map(({ name }) => name)).size).toBe(malformed.length);
    expect(malformed.length).toBeGreaterThanOrEqual(60);
  });

  test('each code has a case', () => {
    const covered = new Set(malformed.map(({ code }) => code));
    expect(Object.keys(CODES).filter((code) => !covered.has(code))).toEqual([]);
  });

  test('no prototype was changed', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });
});
