import { expect, test } from 'vitest';
import { positionOf } from '../../../core/decode/position.ts';
import { compilePlan } from '../../../core/plan.ts';
import { judgeBatch, type Profile, type Verdict } from '../../../core/processor.ts';
import { type LoadedUnit, LoadJudge } from '../../../core/replay/load.ts';
import { newProfile } from '../../../core/state/profile.ts';
import { newShard } from '../../../core/state/shard.ts';
import { randomOf } from '../../functions/backfill/story.ts';
import { BUILDS } from '../../simulation/pipeline.ts';

const [{ pipeline }] = BUILDS;
const plan = compilePlan({ ...pipeline, features: {}, decision: undefined });
const START_MS = Date.parse('2025-12-01T00:00:00Z');

/** Some hours of events in order of time: ids that come again within the memory of the pipeline and after it, on many keys, and refused records. */
function units(seed: number): LoadedUnit[] {
  const random = randomOf(seed);
  const whole = (below: number): number => Math.floor(random() * below);
  let timeMs = START_MS;
  const made = Array.from({ length: 600 }, (_, i): Omit<LoadedUnit, 'isRepeated'> => {
    timeMs += whole(60_000);
    const raw = { position: positionOf(String(i + 1), 0), sequence: String(i + 1), subSequence: 0, arrivalMs: timeMs, partitionKey: 'k' };
    const bytes = new Uint8Array();
    if (random() < 0.05) return { raw: { ...raw, bytes }, parsed: { rejection: { code: 'X', path: '', message: '' } } };
    const event = { type: 'payment', id: `e${whole(80)}`, key: `card-${whole(9)}`, timeMs, values: {} };
    return { raw: { ...raw, bytes }, parsed: { event } };
  });
  const identity = ({ parsed }: Omit<LoadedUnit, 'isRepeated'>): string =>
    'event' in parsed ? `${parsed.event.id} ${parsed.event.key}` : '';
  const counts = new Map<string, number>();
  for (const unit of made) counts.set(identity(unit), (counts.get(identity(unit)) ?? 0) + 1);
  return made.map((unit) => ({ ...unit, isRepeated: 'event' in unit.parsed && (counts.get(identity(unit)) ?? 0) > 1 }));
}

test.each([1, 2, 3])(
  'lanes and watermarks of a load are those of the processor, wherever it is cut and whatever it forgets: seed %i',
  (seed) => {
    const all = units(seed);
    const profiles = new Map<string, Profile>();
    for (const { parsed } of all) if ('event' in parsed) profiles.set(parsed.event.key, { state: newProfile(), spilled: new Map() });
    const expected = judgeBatch({
      plan: { ...plan, sessions: [] },
      rules: undefined,
      shardRef: 'load-x',
      shard: newShard(null, []),
      context: { floorMs: null, tileFrontierMs: null, ruleSet: '', definition: 1 },
      units: all.map(({ raw, parsed }) => ({ raw, parsed })),
      profiles,
      tilesOf: () => undefined,
      leastMs: null,
      sessionsClosedMs: null,
    });
    const judge = new LoadJudge(plan, 'load-x', { keysMax: 2 });
    const verdicts: Verdict[] = [];
    for (let at = 0; at < all.length; at += 7) verdicts.push(...judge.judge(all.slice(at, at + 7)).flatMap((batch) => batch.verdicts));
    const told = (some: readonly Verdict[]): unknown[] => some.map(({ raw, lane, watermarkMs }) => [raw.sequence, lane, watermarkMs]);
    expect(told(verdicts)).toEqual(told(expected.verdicts));
    expect(judge.counters).toEqual(expected.counters);
    expect(judge.counters.duplicate).toBeGreaterThan(5);
  },
);
