import { streamRange } from '../../functions/adapters/stream-range.ts';
import { ArchiveFiles } from '../../functions/backfill/archive-files.ts';
import { TablesSql } from '../../functions/backfill/table-files.ts';
import { startWarm, type WarmReport } from '../../functions/warm-start/warm.ts';
import { archiveTable, ledgerTable } from '../../lake/raw-tables.ts';
import { FolderObjectStore } from '../objects/folder.ts';
import type { Machine } from './machine.ts';

/** Memory of the engine, MiB: with Node itself a warm start stays below a gigabyte. */
const ENGINE_MB = 256;
const THREADS = 2;

/** What was done for features before anything is processed, and how long it took. */
export interface Warmed extends WarmReport {
  readonly seconds: number;
}

/** Fills the features that the state of a machine lacks, before it processes anything. Throws WarmStartError. */
export async function warmMachine(
  machine: Machine,
  { acceptCold = false, onWarm }: { readonly acceptCold?: boolean; readonly onWarm?: (warmed: Warmed) => void },
): Promise<void> {
  const startMs = Date.now();
  const [lake, work] = [new FolderObjectStore(machine.folder.lake), new FolderObjectStore(machine.folder.backfill)];
  const files = { lake: { objects: lake, files: lake }, work: { objects: work, files: work }, memoryMb: ENGINE_MB, threads: THREADS };
  const report = await startWarm(
    {
      plan: machine.handlers.plan,
      store: machine.store,
      streamEpoch: machine.meta.streamEpoch,
      archive: new ArchiveFiles({ ...files, archive: archiveTable() }),
      work: files.work,
      sql: new TablesSql(files, [ledgerTable()]),
      engineMb: ENGINE_MB,
      land: () => machine.delivery.flush(),
      unfinished: streamRange(machine.source),
    },
    { acceptCold },
  );
  onWarm?.({ ...report, seconds: Math.round((Date.now() - startMs) / 100) / 10 });
}
