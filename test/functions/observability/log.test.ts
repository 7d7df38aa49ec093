import { afterEach, expect, test, vi } from 'vitest';
import { ServiceError } from '../../../functions/adapters/errors.ts';
import { deadlineOf } from '../../../functions/observability/context.ts';
import { openLog } from '../../../functions/observability/log.ts';
import { isSampled } from '../../../functions/observability/trace.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test('an error line has name, message, fault and ids, never what the error carries', () => {
  const lines: string[] = [];
  // Lets the logger write to the console that is watched here.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line));
  const cause = Object.assign(new Error('no'), { Item: { body: { S: 'secret' } } });
  const error = Object.assign(new ServiceError('THROTTLED', 'slow down', cause), { records: ['secret'] });
  openLog().error('batch failed', error, { shard: 'shard-1' });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'ERROR',
    message: 'batch failed',
    shard: 'shard-1',
    error_name: 'RetriableError',
    error_message: 'slow down',
    fault: 'THROTTLED',
  });
  expect(lines[0]).not.toContain('secret');
});

test.each([
  ['DEBUG', true, 1],
  ['INFO', false, 0],
])('at level %s single events are logged: %s', (level, isDebug, count) => {
  const lines: string[] = [];
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('LOG_LEVEL', level);
  vi.spyOn(console, 'debug').mockImplementation((line: string) => void lines.push(line));
  const log = openLog();
  log.debug('event', { shard: 's', sequence: '1', event_id: 'e' });
  expect(log.isDebug).toBe(isDebug);
  expect(lines).toHaveLength(count);
});

test('a function stops a minute before its end, or at half of what it has if that is less', () => {
  const of = (leftMs: number): number => deadlineOf({ awsRequestId: '', getRemainingTimeInMillis: () => leftMs }, 1_000_000);
  expect(of(300_000)).toBe(1_240_000);
  expect(of(60_000)).toBe(1_030_000);
});

test.each([
  [undefined, false],
  ['', false],
  ['Root=1-2-3;Parent=4;Sampled=0', false],
  ['Root=1-2-3;Parent=4', false],
  ['Root=1-2-3;Parent=4;Sampled=1;Lineage=5', true],
])('trace header %s asks for a trace: %s', (header, isWanted) => {
  expect(isSampled(header)).toBe(isWanted);
});
