import { CONCURRENCY_MAX, DELIVERY_BYTES_MAX, DELIVERY_RECORDS_MAX, PARTITION_WRITES_MAX } from './constants.ts';
import { type Offered, type Workload, workloadOf } from './workload.ts';

/** One limit of a service, and how much of it a workload uses. */
export interface LimitReport {
  readonly name: string;
  /** Events a second at which one shard, or a stack of one shard, meets it; null if no rate does. */
  readonly metAtPerS: number | null;
  /** What is used at the offered rate, in the unit of the limit, with the shards of the report. */
  readonly used: number;
  readonly allowed: number;
  /** What to do when it is met. */
  readonly remedy: string;
}

interface SharedLimit {
  readonly name: string;
  readonly used: number;
  readonly allowed: number;
  readonly remedy: string;
}

/** Rates past this are not looked at: a million events a second. */
const RATE_MAX = 1e6;
/** Halvings of the rate: enough for one event a second in a million. */
const STEPS = 40;

/** All limits of a workload, the one that is met at the lowest rate first. */
export function limitsOf(work: Workload): LimitReport[] {
  const byShards = work.limits.map(({ name, ratePerShard, shards }) => ({
    name,
    metAtPerS: ratePerShard,
    used: work.ratePerS / work.shards,
    allowed: ratePerShard,
    remedy: `shards: ${shards} needed`,
  }));
  const shared = sharedLimits(work).map((limit, i) => ({ ...limit, metAtPerS: metAt(work, i) }));
  return [...byShards, ...shared].sort((a, b) => (a.metAtPerS ?? Number.POSITIVE_INFINITY) - (b.metAtPerS ?? Number.POSITIVE_INFINITY));
}

/** Limits that belong to a partition, a delivery stream or the account. */
function sharedLimits({ state, tables, shards, batchesPerS, invocationS }: Workload): SharedLimit[] {
  const busiest = tables.reduce((most, one) => (one.bytesPerS > most.bytesPerS ? one : most));
  return [
    {
      name: `DynamoDB: write units a second of one partition (${state.hottest.name})`,
      used: state.hottest.writeUnitsPerS,
      allowed: PARTITION_WRITES_MAX,
      remedy: 'a longer batching window',
    },
    {
      name: `Firehose: bytes a second of one stream (${busiest.table})`,
      used: busiest.bytesPerS,
      allowed: DELIVERY_BYTES_MAX,
      remedy: 'ask for a higher quota',
    },
    {
      name: 'Firehose: records a second of one stream',
      used: busiest.recordsPerS,
      allowed: DELIVERY_RECORDS_MAX,
      remedy: 'ask for a higher quota',
    },
    {
      name: 'Lambda: functions at once',
      used: Math.min(shards, batchesPerS * invocationS) + 1,
      allowed: CONCURRENCY_MAX,
      remedy: 'ask for a higher quota',
    },
  ];
}

/** Rate at which the `index`-th shared limit is met on one shard. */
function metAt(offered: Offered, index: number): number | null {
  const isMet = (ratePerS: number): boolean => {
    const limit = sharedLimits(workloadOf({ ...offered, ratePerS }, 1))[index];
    return limit !== undefined && limit.used >= limit.allowed;
  };
  if (!isMet(RATE_MAX)) return null;
  let [low, high] = [0, RATE_MAX];
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (isMet(middle)) high = middle;
    else low = middle;
  }
  return high;
}
