import { expect, test } from 'vitest';
import { appendChange } from '../../../lake/rules/log.ts';
import { keepSet } from '../../../lake/rules/sets.ts';
import { BUILDS } from '../../simulation/pipeline.ts';
import { STORY_MS, tellStory } from './story.ts';
import { BackfillWorld } from './world.ts';

const HOUR_MS = 3_600_000;
const ALL = { from: '2025-12-01', to: '2025-12-02' };

test.each([1, 2])('decisions of a time with changes of rules and a trial are made again as they were: story %i', async (seed) => {
  const one = new BackfillWorld();
  const { objects } = one.world;
  const before = one.world.ruleList;
  await keepSet(objects, { version: 'v1', rules: before, lists: [] });
  await keepSet(objects, { ...BUILDS[1].rules, version: 'v2' });
  const change = { source: 'command', by: 'ada', why: 'test', atMs: 0, changes: [] } as const;
  for (const [kind, version, hours] of [
    ['active', 'v1', null],
    ['active', 'v2', 2],
    ['trial', 'v1', 1],
    ['active', 'v1', 4],
  ] as const)
    await appendChange(objects, () => ({ ...change, kind, version, fromMs: hours === null ? null : STORY_MS + hours * HOUR_MS }));
  await tellStory(one.world, { seed, records: 500 });
  await one.land();
  const byVersion = await one.rows('SELECT rule_set_version, trial_version, count(*) > 20 FROM decisions GROUP BY ALL ORDER BY ALL');
  expect(byVersion).toEqual(['["v1","v1",true]', '["v1",null,true]', '["v2","v1",true]']);
  expect(await one.backfill('v', { mode: 'verify', ...ALL })).toMatchObject({ added: 0, changed: 0, removed: 0, faults: 0 });
});
