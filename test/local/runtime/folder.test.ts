import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPipeline } from '../../../local/pipeline.ts';
import { dataFolder, readMeta } from '../../../local/runtime/folder.ts';
import { startPipeline } from '../../../local/runtime/up.ts';
import { headrace } from '../../cli/command-line.ts';
import { testFolder } from '../folder.ts';

test.each([
  ['empty', () => '', '0 bytes that are not JSON'],
  ['cut short', (text: string) => text.slice(0, 20), '20 bytes that are not JSON'],
  ['of another form', () => '{"pipeline":"payments"}', 'JSON without pipeline, stream and streamEpoch'],
  ['null', () => 'null', 'JSON without pipeline, stream and streamEpoch'],
])('a description that is %s is named, with a way to go on that works', async (_name, damage, what) => {
  const dataDir = testFolder();
  const loaded = await loadPipeline('pipelines/payments');
  const started = async (): Promise<void> => {
    const running = await startPipeline({ port: 0, shardCount: 1, batchSize: 10, flushMs: 60_000, dataDir, loaded });
    await running.stop();
  };
  await started();
  const before = readMeta(dataFolder(dataDir));
  expect(before).toMatchObject({ pipeline: 'payments', streamEpoch: expect.stringMatching(/^\d+$/) });
  const path = join(dataDir, 'headrace.json');
  writeFileSync(path, damage(readFileSync(path, 'utf8')));
  const { code, err } = await headrace('lake', '--data', dataDir);
  expect([code, err]).toEqual([2, expect.stringContaining(`${path}: got "${what.replaceAll('"', '\\"')}"; allowed: `)]);
  expect(err).toMatch(/remove it and start headrace up/);
  await expect(started()).rejects.toThrow(path);
  rmSync(path);
  await started();
  expect(readMeta(dataFolder(dataDir))).toEqual(before);
});
