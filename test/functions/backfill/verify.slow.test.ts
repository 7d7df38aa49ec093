import { describe, expect, test } from 'vitest';
import { tellStory } from './story.ts';
import { BackfillWorld } from './world.ts';

const ALL = { from: '2025-12-01', to: '2025-12-02' };

async function told(seed: number, records = 400, isMisrouted = false): Promise<BackfillWorld> {
  const one = new BackfillWorld();
  await tellStory(one.world, { seed, records, isMisrouted });
  await one.land();
  return one;
}

describe('a replay of the archive', () => {
  test('gives what the stream gave, row for row', async () => {
    const one = await told(1);
    const done = await one.backfill('v', { mode: 'verify', ...ALL });
    expect(done).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0, contested: 0, published: 0 });
    expect(done.rows_before).toBeGreaterThan(1_000);
  });
});

describe('a part of history', () => {
  test('needs no more of the past than features reach back', async () => {
    const one = await told(1, 700);
    const done = await one.backfill('v', { mode: 'verify', from: '2025-12-01T04:00Z', to: '2025-12-01T06:00Z' });
    expect(done).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
    expect(done.rows_before).toBeGreaterThan(100);
  });
});

describe('what is published otherwise than the archive says', () => {
  test('a lost hour, a changed row and one too many are found, and nothing is changed', async () => {
    const one = await told(7);
    const [hour] = (await one.lake.list('minute/landing/')).map(({ key }) => key);
    await one.lake.remove(hour ?? '');
    const [first] = [...(one.world.lake.tables.get('payments')?.values() ?? [])];
    await one.deliver([{ table: 'hourly', rows: [{ ...one.anyRow('hourly'), count: 99, revision: 7 }] }]);
    await one.deliver([{ table: 'payments', rows: [{ ...first, event_id: 'nobody-sent-this' }] }]);
    await expect(one.backfill('v', { mode: 'verify', ...ALL })).rejects.toThrow(/1 differ, 1 should not be there/);
    const { added, changed, removed, failure } = await one.json<Record<string, unknown>>('v/report.json');
    expect({ changed, removed, failure }).toMatchObject({ changed: 1, removed: 1, failure: { Error: 'VerificationDiffers' } });
    expect(added).toBeGreaterThan(3);
    expect(await one.rows("SELECT count(*) FROM payments WHERE event_id = 'nobody-sent-this'")).toEqual(['[1]']);
  });

  test('a record that was put into another bin is a fault', async () => {
    const one = await told(8);
    const rows = [...(one.world.lake.tables.get('archive')?.values() ?? [])];
    const accepted = rows.find(({ lane }) => lane === 'accepted');
    one.world.lake.tables.set('archive', new Map(rows.map((row, i) => [String(i), row === accepted ? { ...row, lane: 'late' } : row])));
    for (const { key } of await one.lake.list('archive/')) await one.lake.remove(key);
    await one.deliver([{ table: 'archive', rows: [...(one.world.lake.tables.get('archive')?.values() ?? [])] }]);
    await expect(one.backfill('v', { mode: 'verify', ...ALL })).rejects.toThrow('what is published is not what a replay gives');
    expect((await one.json<{ faults: number }>('v/report.json')).faults).toBeGreaterThan(0);
  });

  test('archived records that are lost are named before anything is recomputed', async () => {
    const one = await told(9);
    const [file] = (await one.lake.list('archive/landing/')).map(({ key }) => key);
    await one.lake.remove(file ?? '');
    await expect(one.backfill('v', { mode: 'verify', ...ALL })).rejects.toThrow('ARCHIVE_INCOMPLETE: shard shardId-000000000000');
  });
});

test('keys that two shards have by turns are not compared where their order matters, and are counted', async () => {
  const one = await told(11, 400, true);
  const done = await one.backfill('v', { mode: 'verify', ...ALL });
  expect(done).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
  expect(done.contested).toBeGreaterThan(0);
});
