import type { Plan } from '../core/plan.ts';
import type { StateStore } from '../core/ports.ts';
import { shardsPk } from '../core/state/keys.ts';
import { parseShard, recordedWatermark } from '../core/state/shard.ts';
import type { LedgerShard } from './rows.ts';

/** Ledgers of all shards on record, by shard id. */
export async function shardLedgers(store: StateStore, plan: Plan, streamEpoch: string): Promise<LedgerShard[]> {
  const items = await store.query(shardsPk(streamEpoch));
  return items.map(({ sk, body }) => {
    const { hi, counters, ...rest } = parseShard(body);
    return { shardId: sk, hi, counters, watermarkMs: recordedWatermark({ hi, counters, ...rest }, plan.pipeline.time.outOfOrdernessMs) };
  });
}
