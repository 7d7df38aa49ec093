import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LoadSummary } from '../../../load-test/report/summary.ts';
import { readLive } from '../../../local/runtime/live.ts';
import { testFolder } from '../../local/folder.ts';
import { headrace } from '../command-line.ts';
import { ended, launch } from '../process.ts';

const SCRIPT = 'cli/headrace.mjs';
const DIALS = [
  'events.labels.delay_s=1',
  'events.late.share=0.02',
  'events.duplicates=0.03',
  'events.poison=0.02',
  'events.skew=0.9',
  'events.frauds.large_amounts=0.02',
];

function summaryIn(out: string): LoadSummary {
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as LoadSummary;
}

/** Every event that the stream took lies in one bin. */
function expectBalanced({ sent, accepted, late, duplicate, quarantined, lost }: LoadSummary): void {
  expect((accepted ?? 0) + (late ?? 0) + (duplicate ?? 0) + (quarantined ?? 0) + (lost ?? 0)).toBe(sent);
  expect(lost).toBe(0);
}

test('a load with late, repeated and broken events is found in the lake to the last one, plain and packed, with a report', async () => {
  const folder = testFolder();
  for (const [i, flags] of [[], ['--aggregate', '--producers', '2', '--seed', '9']].entries()) {
    const report = join(folder, `report-${i}.html`);
    const { code, out, err } = await headrace(
      'load',
      '--rate',
      '150',
      '--duration',
      '6',
      '--data',
      join(folder, `d${i}`),
      '--flush-seconds',
      '1',
      '--json',
      '--report',
      report,
      '--set',
      ...DIALS,
      ...flags,
    );
    const summary = summaryIn(out);
    // A busy machine may be too slow for the schedule; the account must be right all the same.
    const others = (summary.details['reasons'] as string[]).filter((reason) => !reason.includes('too slow for its own schedule'));
    expect({ others, err }).toEqual({ others: [], err: '' });
    expect(code).toBe(summary.valid ? 0 : 1);
    expectBalanced(summary);
    for (const bin of ['late', 'duplicate', 'quarantined'] as const) expect(summary[bin]).toBeGreaterThan(0);
    expect((summary.latency_ms?.p99 ?? 0) > 0).toBe(summary.valid);
    expect(summary.details['queryable_ms'] !== null).toBe(summary.valid);
    expect(readFileSync(report, 'utf8')).toContain('Where the events went');
  }
}, 240_000);

test('Ctrl-C ends a load of a running pipeline early, with an account of what was sent and what of it arrived', async () => {
  const data = join(testFolder(), 'data');
  const up = launch(SCRIPT, ['up', '--data', data, '--port', '0', '--json', '--flush-seconds', '1']);
  const upEnded = ended(up);
  while (readLive(data) === undefined) await sleep(100);
  const load = launch(SCRIPT, ['load', '--rate', '100', '--duration', '600', '--data', data, '--json']);
  const loadEnded = ended(load);
  await sleep(8_000);
  load.kill('SIGINT');
  const { code, out } = await loadEnded;
  const summary = summaryIn(out);
  expect(code).toBe(1);
  expect(summary).toMatchObject({ valid: false, latency_ms: null });
  expect(summary.details['reasons']).toEqual(['it was interrupted']);
  expect(summary.sent).toBeGreaterThan(50);
  expectBalanced(summary);
  up.kill('SIGINT');
  expect((await upEnded).code).toBe(0);
  expect(readLive(data)).toBeUndefined();
}, 240_000);

test('a pipeline that dies under the load is told, with what was sent', async () => {
  const data = join(testFolder(), 'data');
  const up = launch(SCRIPT, ['up', '--data', data, '--port', '0', '--json', '--flush-seconds', '1']);
  const upEnded = ended(up);
  while (readLive(data) === undefined) await sleep(100);
  const loadEnded = ended(
    launch(SCRIPT, ['load', '--rate', '100', '--duration', '600', '--data', data, '--give-up-seconds', '2', '--settle-seconds', '3']),
  );
  await sleep(8_000);
  up.kill('SIGKILL');
  await upEnded;
  const { code, out } = await loadEnded;
  expect(code).toBe(1);
  expect(out).toMatch(/The run is INVALID, and its latencies are left out: the target failed: shard shardId-\d+ took nothing for 2 s/);
  expect(out).toMatch(/events sent in/);
  expect(out).not.toContain('p99.9');
}, 240_000);

test('the limit is found between a rate that is sustained and one that is not', async () => {
  const data = join(testFolder(), 'data');
  const { code, out } = await headrace(
    'load',
    '--rate',
    '20',
    '--duration',
    '2',
    '--data',
    data,
    '--flush-seconds',
    '1',
    '--find-limit',
    '--max-rate',
    '50',
    '--max-p99-ms',
    '60000',
    '--json',
  );
  const { limit, steps, shares } = JSON.parse(out) as {
    limit: number;
    steps: { rate: number; sustained: boolean }[];
    shares: { rate: number; sustained: boolean }[];
  };
  expect(code).toBe(0);
  expect(steps.map(({ rate }) => rate)).toEqual([20, 40]);
  expect(limit).toBe(40);
  expect(shares.map(({ rate }) => rate)).toEqual([10, 20, 30, 36]);
}, 240_000);
