import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { headrace } from '../../cli/command-line.ts';
import { filesWith } from './world.ts';

const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const PIPELINE = ['--pipeline', 'examples/sensor-readings'];

test('a sensor of another pipeline is forgotten by its own key, and headrace backfill finds every row as it must be', async () => {
  const [input, data] = [join(root, 'readings.ndjson'), join(root, 'data')];
  const lines = Array.from({ length: 60 }, (_, i) =>
    JSON.stringify({
      type: 'reading',
      event_id: `r${i}`,
      event_time: new Date(Date.parse('2026-01-05T10:00:00Z') + i * 180_000).toISOString(),
      sensor_id: i % 3 === 0 ? 'kitchen-of-ada' : 'roof',
      site: 'north',
      celsius: i % 20 === 9 ? 'warm' : `${i}.50`,
    }),
  );
  writeFileSync(input, `${lines.join('\n')}\n`);
  expect((await headrace('run', '--input', input, '--data', data, ...PIPELINE)).code).toBe(0);
  const range = ['--from', '2026-01-05', '--to', '2026-01-06'];
  const verify = async (): Promise<unknown> => {
    const { code, out, err } = await headrace('backfill', ...range, '--data', data, '--json', ...PIPELINE);
    expect(code, err).toBe(0);
    return JSON.parse(out);
  };
  expect(await headrace('forget', '--customer', 'roof', '--data', data, ...PIPELINE)).toMatchObject({
    code: 2,
    err: expect.stringContaining('the key of this pipeline is sensor_id'),
  });
  const { code, out } = await headrace('forget', '--key', 'kitchen-of-ada', '--data', data, '--json', ...PIPELINE);
  expect([code, JSON.parse(out)]).toMatchObject([0, { outcome: 'done', receipt: { field: 'sensor_id', pipeline: 'sensors' } }]);
  expect(await filesWith(data, ['kitchen-of-ada'])).toEqual([]);
  expect(await verify()).toMatchObject({ mode: 'verify', added: 0, changed: 0, removed: 0 });
}, 240_000);
