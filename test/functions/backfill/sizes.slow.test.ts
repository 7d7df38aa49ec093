import { expect, test } from 'vitest';
import { tellStory } from './story.ts';
import { BackfillWorld } from './world.ts';

const ALL = { from: '2025-12-01', to: '2025-12-02' };

async function told(seed: number): Promise<BackfillWorld> {
  const one = new BackfillWorld();
  await tellStory(one.world, { seed, records: 400 });
  await one.land();
  return one;
}

test('cut into many small parts, a backfill comes to the same rows: each merge and comparison reads its own stretch', async () => {
  const small = { sliceEvents: 60, mergeEvents: 40, bandEvents: 100, partEvents: 30 };
  const [one, other] = [await told(6), await told(6)];
  const cut = async (): ReturnType<BackfillWorld['ports']> => one.ports((ports) => ({ ...ports, sizes: small }));
  const verified = await one.backfill('v', { mode: 'verify', ...ALL }, await cut());
  expect(verified).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
  const plan = await one.json<{ slices: number; merges: unknown[]; bands: unknown[] }>('v/plan.json');
  expect([plan.slices, plan.merges.length, plan.bands.length].every((parts) => parts > 3)).toBe(true);
  expect(await one.backfill('c', { mode: 'correct', ...ALL }, await cut())).toMatchObject({ mode: 'correct' });
  await other.backfill('c', { mode: 'correct', ...ALL });
  for (const table of ['minute', 'sliding', 'hourly', 'runs', 'decisions']) {
    const sql = `SELECT * FROM ${table} ORDER BY ALL`;
    expect(await one.rows(sql), table).toEqual(await other.rows(sql));
  }
});

test('a range that would be cut into too many parts is refused with what would fit', async () => {
  const one = await told(6);
  const ports = await one.ports((given) => ({ ...given, sizes: { sliceEvents: 20, slicesMax: 15 } }));
  await expect(one.backfill('v', { mode: 'verify', ...ALL }, ports)).rejects.toThrow(
    /^RANGE_TOO_LARGE: \d+ records would be cut into \d+ slices of keys, and one backfill has 15 at most\. (About up to --to 2025-12-01T\d\d:00Z would fit|Its history alone)/,
  );
});
