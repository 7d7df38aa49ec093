import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPipeline } from '../../local/pipeline.ts';
import { runPipeline } from '../../local/runtime/run.ts';
import { lakeRows } from './compare.ts';
import { temporaryFolder } from './folder.ts';

test('another pipeline, without money and with readings below zero, runs, lands and answers SQL with no change elsewhere', async () => {
  const dataDir = temporaryFolder();
  const input = join(dataDir, 'readings.csv');
  const readings = [
    ['a', '2025-01-01T00:00:00Z', 's1', 'north', '-20.5'],
    ['b', '2025-01-01T00:04:59.999Z', 's1', 'north', '-3.25'],
    ['c', '2025-01-01T00:05:00Z', 's1', 'north', '1'],
    ['d', '2025-01-01T00:15:00.001Z', 's1', 'north', '2.00'],
    ['e', '2025-01-01T00:15:00.001Z', 's2', '', '2.005'],
  ];
  writeFileSync(input, `event_id,event_time,sensor_id,site,celsius\n${readings.map((row) => row.join(',')).join('\n')}\n`);
  const loaded = await loadPipeline('examples/sensor-readings');
  const { report, differences } = await runPipeline({
    dataDir: join(dataDir, 'data'),
    loaded,
    inputs: [input],
    shardCount: 2,
    batchSize: 100,
    keepOpen: false,
    append: false,
  });
  expect(differences).toEqual([]);
  expect(report).toMatchObject({ seen: 5, accepted: 4, quarantined: 1, alerts: 1 });
  const rows = await lakeRows(join(dataDir, 'data', 'lake'), loaded.pipeline, {
    site_5m: 'SELECT site, window_start, count, celsius_min, celsius_max, celsius_mean, celsius_p95 FROM site_5m',
    sensor_session: 'SELECT sensor_id, window_start, window_end, duration_ms, count, celsius_last FROM sensor_session',
    alerts: 'SELECT rule_id, reason FROM alerts',
    readings: 'SELECT event_id, celsius FROM readings',
    quarantine: 'SELECT code, path FROM quarantine',
  });
  expect(rows).toEqual({
    site_5m: [
      ['north', '2025-01-01 00:00:00', '2', '-20.50', '-3.25', '-11.875', '-3.25'],
      ['north', '2025-01-01 00:05:00', '1', '1.00', '1.00', '1.0', '1.00'],
      ['north', '2025-01-01 00:15:00', '1', '2.00', '2.00', '2.0', '2.00'],
    ],
    sensor_session: [
      ['s1', '2025-01-01 00:00:00', '2025-01-01 00:15:00', '300000', '3', '1.00'],
      ['s1', '2025-01-01 00:15:00.001', '2025-01-01 00:25:00.001', '0', '1', '2.00'],
    ],
    alerts: [['deep-frost', '-20.5 degrees is below -15']],
    readings: [
      ['a', '-20.50'],
      ['b', '-3.25'],
      ['c', '1.00'],
      ['d', '2.00'],
    ],
    quarantine: [['NUMBER_PRECISION', 'celsius']],
  });
}, 60_000);
