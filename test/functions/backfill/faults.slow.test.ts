import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BackfillEvent } from '../../../functions/backfill/events.ts';
import { createBackfill } from '../../../functions/backfill/handler.ts';
import { Crash, DoomedPorts } from '../../lake/compaction/world.ts';
import { tellStory } from './story.ts';
import { BackfillWorld } from './world.ts';

const ALL = { from: '2025-12-01', to: '2025-12-02' };
const ROWS = 'SELECT * FROM minute ORDER BY ALL';

async function told(seed: number): Promise<BackfillWorld> {
  const one = new BackfillWorld();
  await tellStory(one.world, { seed, records: 120 });
  await one.land();
  return one;
}

describe('an archive file that is no whole Parquet file ends a backfill by name, and changes nothing', () => {
  test.each<[string, (path: string) => void]>([
    ['cut short', (path) => truncateSync(path, 100)],
    ['empty', (path) => truncateSync(path, 0)],
    [
      'overwritten in its footer',
      (path) => {
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(7, bytes.length - 200, bytes.length - 8));
      },
    ],
  ])(
    '%s',
    async (_name, damage) => {
      const one = await told(41);
      const rows = await one.rows(ROWS);
      const [file = ''] = (await one.lake.list('archive/landing/')).map(({ key }) => key);
      damage(join(one.lake.root, file));
      for (const mode of ['verify', 'correct'] as const) {
        const said = one.backfill(mode, { mode, ...ALL });
        await expect(said).rejects.toThrow(/^FILE_UNREADABLE: .*\.parquet is no whole Parquet file.*headrace compact names it/s);
        await expect(said).rejects.toMatchObject({ name: 'LakeError', retriable: false });
      }
      expect(await one.rows(ROWS)).toEqual(rows);
      expect(await one.lake.list('minute/gen=')).toEqual([]);
    },
    240_000,
  );
});

test('a published file that is not as it was written, though it decodes, is compared with nothing', async () => {
  const one = await told(41);
  await one.backfill('first', { mode: 'correct', ...ALL });
  const files = (await one.lake.list('minute/gen=')).map(({ key }) => key).filter((key) => key.endsWith('.parquet'));
  for (const path of files.map((key) => join(one.lake.root, key))) {
    const bytes = readFileSync(path);
    const at = bytes.lastIndexOf('DuckDB');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  }
  expect(files.length).toBeGreaterThan(0);
  const said = one.backfill('second', { mode: 'correct', ...ALL });
  await expect(said).rejects.toThrow(/^FILE_UNREADABLE: minute\/gen=.* is not as it was written: its SHA-256 /);
}, 240_000);

test('steps that die at their first write and are repeated, each twice, come to the same rows', async () => {
  const [whole, torn] = [await told(42), await told(42)];
  const done = await whole.backfill('c', { mode: 'correct', ...ALL });
  const ports = await torn.ports();
  let deaths = 0;
  const step = async (event: BackfillEvent): Promise<unknown> => {
    const { objects, files } = new DoomedPorts(3, 'before').around({ ...ports.lake, ...ports.work });
    await createBackfill({ ...ports, work: { objects, files } })(event).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
      deaths += 1;
    });
    await createBackfill(ports)(event);
    return createBackfill(ports)(event);
  };
  await stepsOf(torn, step);
  expect(await createBackfill(ports)({ step: 'report', id: 'c' })).toEqual(done);
  expect(deaths).toBeGreaterThan(4);
  expect(done.published).toBeGreaterThan(0);
  expect(await torn.rows(ROWS)).toEqual(await whole.rows(ROWS));
}, 240_000);

test('a denied permission while publishing: what was published is taken back, and another backfill does it', async () => {
  const one = await told(43);
  const rows = await one.rows(ROWS);
  const ports = await one.ports();
  let stored = 0;
  const files = {
    scratch: (name: string) => one.lake.scratch(name),
    open: (key: string) => one.lake.open(key),
    part: (key: string, from: number, to: number) => one.lake.part(key, from, to),
    release: () => one.lake.release(),
    store: async (key: string, path: string) => {
      stored += 1;
      if (stored === 3) throw new Error(`EACCES: permission denied, ${key}`);
      await one.lake.store(key, path);
    },
  };
  const denied = one.backfill('c', { mode: 'correct', ...ALL }, { ...ports, lake: { ...ports.lake, files } });
  await expect(denied).rejects.toThrow('EACCES: permission denied');
  expect(stored).toBe(3);
  expect(await one.rows(ROWS)).toEqual(rows);
  expect(await one.json('c/report.json')).toMatchObject({ published: 0, failure: { Cause: expect.stringContaining('EACCES') } });
  expect((await one.backfill('again', { mode: 'correct', ...ALL })).published).toBeGreaterThan(2);
}, 240_000);

test('one that is begun again behind its publishing ends as if it had not been', async () => {
  const [whole, twice] = [await told(44), await told(44)];
  const done = await whole.backfill('c', { mode: 'correct', ...ALL });
  const run = createBackfill(await twice.ports());
  for (let times = 0; times < 2; times += 1) await stepsOf(twice, run);
  expect(await run({ step: 'report', id: 'c' })).toEqual(done);
  expect(await twice.rows(ROWS)).toEqual(await whole.rows(ROWS));
  expect(await twice.backfill('v', { mode: 'verify', ...ALL })).toMatchObject({ added: 0, changed: 0, removed: 0 });
}, 240_000);

test('one that died while it published, and is begun again, can be taken back whole', async () => {
  const one = await told(45);
  const before = await one.rows(ROWS);
  const doomed = await one.ports();
  const doom = new DoomedPorts(60, 'before');
  await expect(stepsOf(one, createBackfill({ ...doomed, lake: doom.around(doomed.lake) }))).rejects.toThrow(Crash);
  expect(await one.rows(ROWS)).not.toEqual(before);
  const again = createBackfill(await one.ports());
  await stepsOf(one, again);
  await again({ step: 'compensate', id: 'c', failure: { Error: 'Abandoned' } });
  expect(await one.rows(ROWS)).toEqual(before);
}, 240_000);

/** All steps up to the report. */
async function stepsOf(one: BackfillWorld, run: ReturnType<typeof createBackfill>): Promise<void> {
  await run({ step: 'plan', id: 'c', request: { mode: 'correct', ...ALL } });
  await run({ step: 'shuffle', id: 'c' });
  for (const name of ['check', 'fold', 'merge', 'judge', 'compare'] as const)
    await run({ step: name, id: 'c', items: await one.json(`c/items/${name}.json`) });
  await run({ step: 'summarise', id: 'c' });
  await run({ step: 'publish', id: 'c', items: await one.json('c/items/publish.json') });
}
