import { compilePlan } from '../../core/plan.ts';
import { ArchiveFiles } from '../../functions/backfill/archive-files.ts';
import type { ApprovalQuestion, BackfillPorts } from '../../functions/backfill/ports.ts';
import { GenerationWriter } from '../../lake/compaction/writer.ts';
import { archiveTable } from '../../lake/raw-tables.ts';
import { createRowBuilder } from '../../lake/rows.ts';
import { RuleSets } from '../../lake/rules/sets.ts';
import { tablesOf } from '../../lake/tables.ts';
import { FolderObjectStore } from '../objects/folder.ts';
import type { LoadedPipeline } from '../pipeline.ts';
import { dataFolder } from '../runtime/folder.ts';
import { lockHolder } from '../runtime/lock.ts';
import { LocalSqlEngine } from '../sql/engine.ts';
import { LakeSql } from '../sql/lake-sql.ts';

/** Time within which headrace up lands what it has delivered, with room, ms. */
const LANDING_MS = 120_000;
/** Memory of the engine of a step, MiB: with Node itself a backfill stays below a gigabyte. */
const ENGINE_MB = 256;
const THREADS = 2;

/** What a backfill of a data folder is told. */
export interface LocalBackfillOptions {
  readonly dataDir: string;
  readonly loaded: LoadedPipeline;
  readonly clock: () => number;
  readonly askPeople: (question: ApprovalQuestion) => Promise<void>;
}

/** Ports of a backfill over a data folder, and how to free them. */
export interface LocalBackfill {
  readonly ports: BackfillPorts;
  close(): Promise<void>;
}

/** Opens a data folder for a backfill; it may run beside `headrace up`. */
export async function openBackfill({ dataDir, loaded, clock, askPeople }: LocalBackfillOptions): Promise<LocalBackfill> {
  const folder = dataFolder(dataDir);
  const tables = tablesOf(loaded.pipeline);
  const lake = new FolderObjectStore(folder.lake);
  const work = new FolderObjectStore(folder.backfill);
  const sql = await LakeSql.open({ lakeDir: folder.lake, tables });
  const writer = new GenerationWriter({ scratch: lake.scratch('backfill-writer') });
  const archive = { lake: { objects: lake, files: lake }, work: { objects: work, files: work }, archive: archiveTable() };
  const sets = new RuleSets(lake, loaded.pipeline, loaded.rules);
  const isInUse = lockHolder(dataDir) !== undefined;
  return {
    ports: {
      plan: compilePlan(loaded.pipeline),
      rows: createRowBuilder(loaded.pipeline),
      tables,
      lake: { objects: lake, files: lake, writer, clock },
      work: archive.work,
      workPrefix: '',
      sql: new LocalSqlEngine(sql),
      archive: new ArchiveFiles({ ...archive, memoryMb: ENGINE_MB, threads: THREADS }),
      rulesOf: (version) => sets.of(version),
      landingMs: isInUse ? LANDING_MS : 0,
      engineMb: ENGINE_MB,
      askPeople,
      // Whoever waits on this machine looks for the answer itself.
      goOn: async () => {},
    },
    close: async () => {
      writer.close();
      await sql.close();
    },
  };
}
