import type { Plan } from '../core/plan.ts';
import type { StateStore } from '../core/ports.ts';
import { parseCloser } from '../core/state/closer.ts';
import { closerKey, shardsPk } from '../core/state/keys.ts';
import { parseShard, recordedWatermark } from '../core/state/shard.ts';
import type { LedgerShard } from './rows.ts';

/** Ledgers of all shards on record, by shard id. */
export async function shardLedgers(store: StateStore, plan: Plan, streamEpoch: string): Promise<LedgerShard[]> {
  // The closer first: windows that it says are emitted have all their events at or before the positions read after it.
  const [closer] = await store.get([closerKey(streamEpoch)]);
  const { closedMs } = parseCloser(closer?.body);
  const items = await store.query(shardsPk(streamEpoch));
  return items.map(({ sk, body }) => {
    const { hi, counters, ...rest } = parseShard(body);
    const watermarkMs = recordedWatermark({ hi, counters, ...rest }, plan.pipeline.time.outOfOrdernessMs);
    return { shardId: sk, hi, counters, watermarkMs, closedMs };
  });
}
