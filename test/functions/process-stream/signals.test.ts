import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../core/rules/decision.ts';
import type { BatchStats } from '../../../functions/process-stream/handler.ts';
import { batchIds, eventIds, meterBatch } from '../../../functions/process-stream/signals.ts';
import { recordOf, sequenceAt } from '../world.ts';

const raw = { position: '', sequence: '1', subSequence: 0, arrivalMs: 0, partitionKey: 'k', bytes: new Uint8Array() };
const event = (timeMs: number) => ({ type: 'transaction', id: 'e', timeMs, key: 'k', values: {} });
const fired = {
  ruleId: 'r',
  ruleVersion: 1,
  points: 5,
  typology: undefined,
  reason: '',
  values: {},
  tests: [],
  alertGroup: '',
  coolDownMs: 0,
};
const decision = (outcome: Decision['outcome'], count: number): Decision => ({
  ruleSet: 'v1',
  outcome,
  score: 0,
  typologyScores: {},
  listHits: [],
  fired: Array.from({ length: count }, () => fired),
  shadow: [fired],
  failed: [],
  noHistory: [],
});

describe('metrics of a sub-batch', () => {
  const verdicts: BatchStats['verdicts'] = [
    { raw, lane: 'accepted', watermarkMs: null, event: event(1_000), isFresh: true, decision: decision('decline', 2) },
    { raw, lane: 'accepted', watermarkMs: null, event: event(9_000), isFresh: false, decision: decision('review', 1) },
    { raw, lane: 'late', watermarkMs: null, event: event(500), isFresh: true, decision: decision('approve', 0) },
    { raw, lane: 'duplicate', watermarkMs: null, event: event(1_000), isFresh: true },
    { raw, lane: 'quarantined', watermarkMs: null, rejection: { code: 'X', path: '', message: '' }, isFresh: true },
  ];
  const metered = (stats: BatchStats): Record<string, number> => {
    const values: Record<string, number> = {};
    meterBatch({ add: (key, value) => Object.assign(values, { [key]: value }), publish: () => undefined }, stats);
    return values;
  };

  test('count each event in one bin, each decision and firing, also of earlier attempts, and the age of the newest event', () => {
    expect(metered({ shardId: 's', verdicts, deliveredMs: 10_000 })).toEqual({
      seen: 5,
      accepted: 2,
      late: 1,
      duplicate: 1,
      quarantined: 1,
      approved: 1,
      reviewed: 1,
      declined: 1,
      alertsFired: 3,
      eventLag: 1_000,
    });
  });

  test('have no lag without an event', () => {
    expect(metered({ shardId: 's', verdicts: verdicts.slice(4), deliveredMs: 10_000 })).not.toHaveProperty('eventLag');
  });
});

test('ids of a batch are its shard, its ends and the call, and nothing of what it holds', () => {
  const records = [1, 2, 3].map((n) => recordOf('shard-7', n, ['secret']));
  const ids = batchIds({ Records: records }, { awsRequestId: 'call', getRemainingTimeInMillis: () => 0 });
  expect(ids).toEqual({ batch: 'call', shard: 'shard-7', first_sequence: sequenceAt(1), last_sequence: sequenceAt(3), records: 3 });
});

test('the ids of an event are its place, its id and its bin, and nothing that it says', () => {
  const accepted = {
    raw,
    lane: 'accepted',
    watermarkMs: null,
    event: event(1_000),
    isFresh: true,
    decision: decision('decline', 1),
  } as const;
  const place = { shard: 's', sequence: '1', sub_sequence: 0 };
  expect(eventIds('s', accepted)).toEqual({ ...place, event_id: 'e', lane: 'accepted', outcome: 'decline' });
  const rejection = { code: 'X', path: 'secret', message: 'secret' };
  const quarantined = { raw, lane: 'quarantined', watermarkMs: null, rejection, isFresh: true } as const;
  expect(eventIds('s', quarantined)).toEqual({ ...place, event_id: null, lane: 'quarantined', outcome: null });
});
