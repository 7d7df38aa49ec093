import { expect, test } from 'vitest';
import { SECOND, tell, worldOf } from '../warm-start/world.ts';
import { BackfillWorld } from './world.ts';

test('a replay of the archive gives what the stream gave with features of every measure', async () => {
  const one = new BackfillWorld(worldOf(SECOND));
  await tell(one.world, { seed: 11, records: 400 });
  await one.land();
  const report = await one.backfill('v', { mode: 'verify', from: '2025-12-01', to: '2025-12-02' });
  expect(report).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
  const [judged = '[0]'] = await one.rows(
    "SELECT count(*) FROM decisions WHERE features LIKE '%ratio_max_2h%' AND features LIKE '%run_4h%'",
  );
  expect((JSON.parse(judged) as number[])[0]).toBeGreaterThan(100);
}, 240_000);
