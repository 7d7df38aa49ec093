import type { Pipeline } from '../../core/definition/pipeline.ts';
import { parseCloser } from '../../core/state/closer.ts';
import { closerKey } from '../../core/state/keys.ts';
import { shardLedgers } from '../../lake/ledger.ts';
import { tablesOf } from '../../lake/tables.ts';
import { LakeSql } from '../sql/lake-sql.ts';
import { checkLedger } from './ledger.ts';
import type { Machine } from './machine.ts';
import type { Meter } from './meter.ts';

/** The machine-readable report of a run; counts are totals of the data folder, the rest is of this process. */
export interface RunReport {
  readonly seen: number;
  readonly accepted: number;
  readonly late: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly alerts: number;
  readonly windows_closed: number;
  readonly events_per_s: number;
  readonly cpu_s: number;
  readonly rss_mb_max: number;
  readonly latency_ms: { readonly p50: number; readonly p99: number };
}

/** Memory of the engine that checks the ledger, MiB: it runs inside the process that did the work. */
const REPORT_MB = 256;

/** Balances the ledger against the landed archive and sums up a run. */
export async function reportOf(
  machine: Machine,
  pipeline: Pipeline,
  meter: Meter,
): Promise<{ report: RunReport; differences: readonly string[]; lateNote: string | undefined }> {
  const eventsPerSecond = meter.eventsPerSecond(Date.now());
  const ledgers = await shardLedgers(machine.store, machine.handlers.plan, machine.meta.streamEpoch);
  const sql = await LakeSql.open({ lakeDir: machine.folder.lake, tables: tablesOf(pipeline), memoryMb: REPORT_MB, threads: 1 });
  try {
    const { total, differences } = await checkLedger(ledgers, sql);
    const [closer] = await machine.store.get([closerKey(machine.meta.streamEpoch)]);
    const { seen, accepted, late, duplicate, quarantined } = total;
    const report: RunReport = {
      seen,
      accepted,
      late,
      duplicate,
      quarantined,
      alerts: pipeline.decision === undefined ? 0 : await countOf(sql, 'alerts'),
      windows_closed: parseCloser(closer?.body).windowsClosed,
      events_per_s: eventsPerSecond,
      cpu_s: Math.round(meter.cpuSeconds() * 10) / 10,
      rss_mb_max: meter.rssMbMax(),
      latency_ms: { p50: meter.latencyMs(0.5), p99: meter.latencyMs(0.99) },
    };
    const lateNote =
      late === 0
        ? undefined
        : `${late} events were behind their shard's watermark by more than the allowed lateness: see the table late_events`;
    return { report, differences, lateNote };
  } finally {
    await sql.close();
  }
}

async function countOf(sql: LakeSql, table: string): Promise<number> {
  const { rows } = await sql.query(`SELECT count(*) FROM ${table}`);
  return Number(rows[0]?.[0] ?? 0);
}
