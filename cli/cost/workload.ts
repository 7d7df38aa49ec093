import {
  ALERT_SHARE,
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  ENVELOPE_BYTES,
  EVENT_CPU_US,
  INVOCATION_WAIT_MS,
  KEY_BYTES,
  ONE_CPU_MB,
  SHARD_BYTES_MAX,
  SHARD_RECORDS_MAX,
  UNIT_EVENTS_MAX,
  USE_SHARE,
  WRITE_CPU_US,
} from './constants.ts';
import { lakeUse, type TableUse } from './lake.ts';
import type { PipelineShape } from './shape.ts';
import type { StackSize } from './sizes.ts';
import { type Flow, type StateUse, stateUse } from './state.ts';

/** Events of one size at one rate, through one pipeline on one stack. */
export interface Offered {
  readonly ratePerS: number;
  /** Bytes of one event as the producer sends it, one event a record. */
  readonly bytes: number;
  readonly size: StackSize;
  readonly shape: PipelineShape;
}

/** A limit of one shard: what it carries, and the shards needed if it were the only one. */
export interface ShardLimit {
  readonly name: string;
  /** Events a second that one shard carries at most. */
  readonly ratePerShard: number;
  readonly shards: number;
}

/** What the offered events make a stack do. */
export interface Workload extends Offered {
  readonly limits: readonly ShardLimit[];
  readonly shards: number;
  /** Invocations of the processor a second. */
  readonly batchesPerS: number;
  readonly flow: Flow;
  readonly state: StateUse;
  readonly tables: readonly TableUse[];
  /** Duration of one invocation of the processor, s. */
  readonly invocationS: number;
}

/** Derives the workload: shards from the strictest limit unless given, batches from shards, writes and rows from batches. */
export function workloadOf(offered: Offered, givenShards?: number): Workload {
  const { ratePerS, bytes, size, shape } = offered;
  const limits = shardLimits(offered);
  const shards = givenShards ?? Math.max(...limits.map((limit) => limit.shards));
  const batchesPerS = Math.max(ratePerS / batchEventsMax(bytes), Math.min(ratePerS, shards / size.batchingWindowS));
  const flow: Flow = {
    ratePerS,
    shards,
    unitsPerS: Math.max(batchesPerS, ratePerS / UNIT_EVENTS_MAX),
    closesPerS: 1 / size.closeEveryS,
  };
  const state = stateUse(shape, flow);
  const cpuPerEventS = (EVENT_CPU_US + (state.writesPerS / ratePerS) * WRITE_CPU_US) / 1e6;
  return {
    ...offered,
    limits,
    shards,
    batchesPerS,
    flow,
    state,
    tables: lakeUse(shape, flow, { bytes, bufferS: size.deliveryBufferS }),
    invocationS: INVOCATION_WAIT_MS / 1000 + ((ratePerS / batchesPerS) * cpuPerEventS) / processorShare(size),
  };
}

/** Share of one processor that the function has; one thread cannot use a second one. */
function processorShare({ processorMb }: StackSize): number {
  return Math.min(1, processorMb / ONE_CPU_MB);
}

function batchEventsMax(bytes: number): number {
  return Math.min(BATCH_RECORDS_MAX, BATCH_BYTES_MAX / ((bytes * 4) / 3 + ENVELOPE_BYTES));
}

/** Limits that more shards lift. */
function shardLimits({ ratePerS, bytes, size, shape }: Offered): ShardLimit[] {
  const carried: readonly (readonly [string, number])[] = [
    ['shard: 1,000 records a second', SHARD_RECORDS_MAX],
    ['shard: 1 MiB a second', SHARD_BYTES_MAX / (bytes + KEY_BYTES)],
    [`Lambda: one batch of a shard at a time, ${size.processorMb} MB`, lambdaRate(bytes, size, shape)],
  ];
  return carried.map(([name, ratePerShard]) => ({
    name,
    ratePerShard,
    shards: Math.max(1, Math.ceil(ratePerS / (ratePerShard * USE_SHARE))),
  }));
}

/** Events a second that one function keeps up with, calling after calling with full batches. */
function lambdaRate(bytes: number, size: StackSize, shape: PipelineShape): number {
  const writes = 1 + (shape.isJudged ? ALERT_SHARE : 0);
  const cpuS = (EVENT_CPU_US + writes * WRITE_CPU_US) / 1e6 / processorShare(size);
  const batch = batchEventsMax(bytes);
  return batch / (INVOCATION_WAIT_MS / 1000 + batch * cpuS);
}
