import type { StreamRecord } from '../../core/decode/unpack.ts';
import type { Plan } from '../../core/plan.ts';
import type { AlertOutbox, Clock, Delivery, StateStore } from '../../core/ports.ts';
import type { Unit, Verdict } from '../../core/processor.ts';
import { readRecords } from '../../core/read.ts';
import type { RowBuilder } from '../../lake/rows.ts';
import type { RuleBook } from '../../lake/rules/book.ts';
import type { KinesisBatchResponse, KinesisRecord, KinesisStreamEvent } from '../kinesis-event.ts';
import { ShardProcessor } from './shard-processor.ts';

/** What one sub-batch did, for metrics and progress. */
export interface BatchStats {
  readonly shardId: string;
  readonly verdicts: readonly Verdict[];
  /** Processing time when the rows of the batch were durably delivered, epoch ms. */
  readonly deliveredMs: number;
}

/** What the stream processor needs from outside. */
export interface ProcessStreamPorts {
  readonly plan: Plan;
  readonly rows: RowBuilder;
  readonly store: StateStore;
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly rules: RuleBook;
  /** Parents of a shard, from the stream's own list; undefined if that does not have the shard. */
  readonly parentsOf: (shardId: string) => Promise<readonly string[] | undefined>;
  /** Changes when the stream is deleted and made again. */
  readonly streamEpoch: string;
  /** Hears of each sub-batch once it is finished. */
  readonly observe?: (stats: BatchStats) => void;
  /** Takes the firings of active rules; absent where nobody subscribes to them. */
  readonly alerts?: AlertOutbox;
  /** Length of the links of a slice before they are merged; smaller in tests. */
  readonly compactLength?: number;
}

/** Handler of the event source mapping: processes one shard's batch and names the first record that is not done. */
export type ProcessStream = (event: KinesisStreamEvent, deadlineMs?: number) => Promise<KinesisBatchResponse>;

/** Records judged together at most: bounds memory, and what a crash repeats. */
const UNITS_MAX = 4_096;

/**
 * Makes the stream processor. Bad data is quarantined and counts as done; an infrastructure error throws, and the mapping hands
 * the batch out again. When `deadlineMs` (epoch ms) nears, it stops after a sub-batch and answers with the first record left.
 */
export function createProcessStream(ports: ProcessStreamPorts): ProcessStream {
  const processors = new Map<string, ShardProcessor>();
  const processorOf = (shardId: string): ShardProcessor => {
    const known = processors.get(shardId);
    if (known !== undefined) return known;
    const made = new ShardProcessor(ports, shardId);
    processors.set(shardId, made);
    return made;
  };
  return async (event, deadlineMs) => {
    const first = event.Records[0];
    if (first === undefined) return { batchItemFailures: [] };
    const shardId = first.eventID.slice(0, first.eventID.lastIndexOf(':'));
    const processor = processorOf(shardId);
    const units = readRecords(ports.plan, event.Records.map(encodedOf));
    for (let at = 0; at < units.length; ) {
      const part = units.slice(at, at + UNITS_MAX);
      if (at > 0 && deadlineMs !== undefined && ports.clock() > deadlineMs) return failureFrom(units[at]);
      at += await processor.process(part);
    }
    return { batchItemFailures: [] };
  };
}

function encodedOf({ kinesis }: KinesisRecord): StreamRecord {
  const { sequenceNumber, approximateArrivalTimestamp, partitionKey, data } = kinesis;
  return { sequence: sequenceNumber, arrivalMs: Math.round(approximateArrivalTimestamp * 1000), partitionKey, data };
}

function failureFrom(unit: Unit | undefined): KinesisBatchResponse {
  return { batchItemFailures: unit === undefined ? [] : [{ itemIdentifier: unit.raw.sequence }] };
}
