import { expect, test } from 'vitest';
import { positionOf } from '../../core/decode/position.ts';
import type { Event, RawEvent } from '../../core/model.ts';
import { compilePlan } from '../../core/plan.ts';
import { judgeBatch, type Profile, type Verdict } from '../../core/processor.ts';
import { SliceFold } from '../../core/replay/fold.ts';
import { compileRules } from '../../core/rules/compile.ts';
import { encodeProfile, newProfile, parseProfile } from '../../core/state/profile.ts';
import { newShard } from '../../core/state/shard.ts';
import { pipeline } from '../../pipelines/payments/pipeline.ts';

const START = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const plan = compilePlan(pipeline);
const rules = compileRules({ rules: [], lists: [] }, pipeline, 'v');
const context = { floorMs: null, tileFrontierMs: null, ruleSet: 'v', definition: 1 };
const customer = { customer_id: 'c1', terminal_id: 't1' };

function payment(id: string, day: number, amount: string): object {
  return { type: 'transaction', event_id: id, event_time: timeOf(day), ...customer, amount, currency: 'EUR' };
}

function label(id: string, day: number, of: string): object {
  const subject = { transaction_id: of, transaction_time: timeOf(0) };
  return { type: 'label', event_id: id, event_time: timeOf(day), ...customer, ...subject, fraud: true };
}

const timeOf = (day: number): string => new Date(START + day * DAY_MS).toISOString();

// A small payment and then a large one, and what became known of them, and of one that nobody has seen.
const SENT = [payment('p2', 0, '25.00'), payment('p1', 0, '250.00'), label('l1', 7, 'p1'), label('l2', 7, 'p2'), label('l3', 7, 'p9')];
const EXPLAINED = { l1: true, l2: false, l3: false };

const raws = SENT.map((value, i): RawEvent => {
  const place = { position: positionOf(String(i + 1), 0), sequence: String(i + 1), subSequence: 0 };
  return { ...place, arrivalMs: START + 8 * DAY_MS, partitionKey: 'c1', bytes: Buffer.from(JSON.stringify(value)) };
});

function judged(profile: Profile): readonly Verdict[] {
  const units = raws.map((raw) => ({ raw, parsed: plan.parse(raw) }));
  const rest = { plan, rules, shardRef: 's', shard: newShard(null, []), context, tilesOf: () => undefined };
  return judgeBatch({ ...rest, units, profiles: new Map([['c1', profile]]), leastMs: null, sessionsClosedMs: null }).verdicts;
}

function explainedOf(verdicts: readonly Verdict[]): object {
  const labels = verdicts.flatMap(({ event }): Event[] => (event?.type === 'label' ? [event] : []));
  return Object.fromEntries(labels.map(({ id, values }) => [id, values['explained']]));
}

test('labels are told once they are accepted, and a retry tells them as before, whatever the profile still knows', () => {
  const profile: Profile = { state: newProfile(), spilled: new Map() };
  expect(explainedOf(judged(profile))).toEqual(EXPLAINED);
  const stored = parseProfile(encodeProfile(profile.state));
  const rings = stored.rings.change();
  for (const ringId of Object.keys(rings)) delete rings[ringId];
  const again = judged({ state: stored, spilled: new Map() });
  expect(again.map(({ isFresh }) => isFresh)).toEqual(SENT.map(() => false));
  expect(explainedOf(again)).toEqual(EXPLAINED);
});

test('the archive tells labels as the stream did; what a load holds knows nothing of the stream', () => {
  const fold = new SliceFold(plan, () => false);
  const archived = (shardId: string, some: readonly RawEvent[]) =>
    some.map((raw) => ({ raw, lane: 'accepted' as const, watermarkMs: null, shardId, context }));
  const { verdicts } = fold.add(archived('shardId-000', raws));
  expect(explainedOf(verdicts)).toEqual(EXPLAINED);
  expect(explainedOf(fold.add(archived('load-1', raws.slice(2))).verdicts)).toEqual({ l1: false, l2: false, l3: false });
});
