import { shardLedgers } from '../lake/ledger.ts';
import type { LedgerShard } from '../lake/rows.ts';
import type { LoadedPipeline } from '../local/pipeline.ts';
import { checkLedger, type LedgerReport, ledgerOf, loadLedgers } from '../local/runtime/ledger.ts';
import { lockHolder } from '../local/runtime/lock.ts';
import { openMachine } from '../local/runtime/machine.ts';
import type { LakeSql } from '../local/sql/lake-sql.ts';

/** The newest snapshot of each shard; it lands after every row that it counts. */
const NEWEST_LEDGER = `
  SELECT shard_id, hi, epoch_ms(watermark), seen, accepted, late, duplicate, quarantined, misrouted
  FROM ledger QUALIFY row_number() OVER (PARTITION BY shard_id ORDER BY recorded_at DESC) = 1 ORDER BY shard_id`;

/**
 * The ledger of a data folder, loads among it, compared with its lake, which `lake` opens. A folder that nobody uses is read from its state, after
 * landing what waits; one that `headrace up` holds from the snapshots in its lake.
 */
export async function readLedger(dataDir: string, loaded: LoadedPipeline, lake: () => Promise<LakeSql>): Promise<LedgerReport> {
  const shards = lockHolder(dataDir) === undefined ? await fromState(dataDir, loaded) : undefined;
  const sql = await lake();
  return checkLedger(shards === undefined ? await fromLake(sql) : [...shards, ...(await loadLedgers(sql))], sql);
}

async function fromState(dataDir: string, loaded: LoadedPipeline): Promise<LedgerShard[]> {
  const machine = await openMachine({
    dataDir,
    loaded,
    shardCount: 1,
    port: 0,
    clock: Date.now,
    observe: () => {},
    onRetry: () => {},
  });
  try {
    await machine.handlers.flush();
    return await shardLedgers(machine.store, machine.handlers.plan, machine.meta.streamEpoch);
  } finally {
    await machine.close();
  }
}

async function fromLake(sql: LakeSql): Promise<LedgerShard[]> {
  const { rows } = await sql.query(NEWEST_LEDGER);
  return rows.map(ledgerOf);
}
