import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS, environmentName, loadConfig, parseConfig } from '../../infra/config.ts';

const dev = JSON.parse(readFileSync('infra/environments/dev.json', 'utf8')) as Record<string, unknown>;
const parse = (changed: Record<string, unknown>) => () => parseConfig('dev', { ...dev, ...changed }, 'dev.json');

describe('the configuration of an environment', () => {
  test.each(ENVIRONMENTS)('of %s is valid, frozen and knows its name', (env) => {
    const config = loadConfig(env);
    expect(config.env).toBe(env);
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('both shipped sizes are in use', () => {
    expect(new Set(ENVIRONMENTS.map((env) => loadConfig(env).size))).toEqual(new Set(['small', 'production']));
  });

  test.each([
    [{ shard: 2 }, 'dev.json: unknown key: got "shard"; allowed: size, pipeline, shards, '],
    [{ shards: 0 }, 'dev.json: shards: got 0; allowed: an integer in 1..500'],
    [{ shards: '2' }, 'dev.json: shards: got "2"; allowed: an integer in 1..500'],
    [{ shards: 1.5 }, 'dev.json: shards: got 1.5; allowed: an integer in 1..500'],
    [{ size: 'large' }, 'dev.json: size: got "large"; allowed: small, production'],
    [{ size: undefined }, 'dev.json: size: got undefined; allowed: small, production'],
    [{ pipeline: '../payments' }, 'dev.json: pipeline: got "../payments"; allowed: the name of a folder in pipelines/'],
    [{ logRetentionDays: 15 }, 'dev.json: logRetentionDays: got 15; allowed: 1, 3, 5, 7, 14, '],
    [{ scanBytesMax: 9_999_999 }, 'dev.json: scanBytesMax: got 9999999; allowed: an integer in 10000000..'],
    [{ lateShareMax: 0 }, 'dev.json: lateShareMax: got 0; allowed: a share above 0, at most 1'],
    [{ operatorEmail: 'ops' }, 'dev.json: operatorEmail: got "ops"; allowed: an e-mail address'],
    [{ operatorEmail: null }, 'dev.json: operatorEmail: got null; allowed: an e-mail address'],
  ])('%j is refused in one line', (changed, message) => {
    expect(parse(changed)).toThrow(message);
    expect(parse(changed)).toThrow(/^.+$/);
  });

  test('a missing value is refused, a missing optional one is not', () => {
    const { shards: _, ...rest } = dev;
    expect(() => parseConfig('dev', rest, 'dev.json')).toThrow('dev.json: shards: got undefined; allowed: an integer in 1..500');
    expect(parse({})).not.toThrow();
  });

  test.each([[[]], ['text'], [null]])('%j is no configuration', (value) => {
    expect(() => parseConfig('dev', value, 'dev.json')).toThrow('allowed: one JSON object');
  });

  test.each([undefined, 'production', 'Dev', ''])('%j is no environment', (value) => {
    expect(() => environmentName(value)).toThrow(/^context value env: got .*; allowed: dev, staging, prod; such as --context env=dev$/);
  });
});
