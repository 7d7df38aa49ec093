import type { Lane } from '../../core/model.ts';
import type { Verdict } from '../../core/processor.ts';
import { alertsOf } from '../../core/rules/decision.ts';
import type { KinesisStreamEvent } from '../kinesis-event.ts';
import type { LambdaContext } from '../observability/context.ts';
import type { LogIds } from '../observability/log.ts';
import type { Meter, MetricKey } from '../observability/meter.ts';
import type { BatchStats } from './handler.ts';

/** Metric of each outcome of a decision. */
const OUTCOMES = { approve: 'approved', review: 'reviewed', decline: 'declined' } as const satisfies Record<string, MetricKey>;

/** Adds what one finished sub-batch did; attempts that did not finish count nothing. */
export function meterBatch(meter: Meter, { verdicts, deliveredMs }: BatchStats): void {
  const lanes: Record<Lane, number> = { accepted: 0, late: 0, duplicate: 0, quarantined: 0 };
  const outcomes = { approve: 0, review: 0, decline: 0 };
  let fired = 0;
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const { lane, event, decision } of verdicts) {
    lanes[lane] += 1;
    if (event !== undefined && event.timeMs > newestMs) newestMs = event.timeMs;
    if (decision === undefined) continue;
    outcomes[decision.outcome] += 1;
    fired += alertsOf(decision).length;
  }
  meter.add('seen', verdicts.length);
  for (const lane of ['accepted', 'late', 'duplicate', 'quarantined'] as const) meter.add(lane, lanes[lane]);
  for (const outcome of ['approve', 'review', 'decline'] as const) meter.add(OUTCOMES[outcome], outcomes[outcome]);
  meter.add('alertsFired', fired);
  if (newestMs > Number.NEGATIVE_INFINITY) meter.add('eventLag', deliveredMs - newestMs);
}

/** What ties log lines and traces of one batch together. */
export interface BatchIds {
  readonly batch: string;
  readonly shard: string;
  readonly first_sequence: string;
  readonly last_sequence: string;
  readonly records: number;
  readonly [id: string]: string | number;
}

/** Ids of a batch. Throws for records of several shards, which no mapping sends: their order means nothing. */
export function batchIds({ Records: records }: KinesisStreamEvent, { awsRequestId }: LambdaContext): BatchIds {
  const first = records[0];
  const shard = first === undefined ? '' : first.eventID.slice(0, first.eventID.lastIndexOf(':'));
  const stranger = records.find(({ eventID }) => !eventID.startsWith(`${shard}:`));
  if (stranger !== undefined) throw new Error(`a batch holds records of one shard: got ${shard} and ${stranger.eventID}`);
  return {
    batch: awsRequestId,
    shard,
    first_sequence: first?.kinesis.sequenceNumber ?? '',
    last_sequence: records.at(-1)?.kinesis.sequenceNumber ?? '',
    records: records.length,
  };
}

/** What ties log lines of one event together: where it lay, its id, what became of it; never what it says. */
export function eventIds(shard: string, { raw, event, lane, decision }: Verdict): LogIds {
  return {
    shard,
    sequence: raw.sequence,
    sub_sequence: raw.subSequence,
    event_id: event?.id ?? null,
    lane,
    outcome: decision?.outcome ?? null,
  };
}
