import { usageError } from '../core/errors.ts';
import { tablesOf } from '../lake/tables.ts';
import type { LoadedPipeline } from '../local/pipeline.ts';
import { checkMeta, type DataFolder, dataFolder, readMeta } from '../local/runtime/folder.ts';
import { LakeSql } from '../local/sql/lake-sql.ts';

/** Names the places of a data folder that is there. Throws UsageError when it is not, or another pipeline filled it. */
export function checkedFolder(dataDir: string, { pipeline }: LoadedPipeline): DataFolder {
  const folder = dataFolder(dataDir);
  const meta = readMeta(folder);
  if (meta === undefined)
    throw usageError('data folder', dataDir, 'a folder that headrace run or headrace up has filled; name it with --data');
  checkMeta(folder, meta, pipeline.name);
  return folder;
}

/** Does something with the lake of a data folder by SQL, and closes it. Throws UsageError like `checkedFolder`. */
export async function withLake<T>(dataDir: string, loaded: LoadedPipeline, use: (sql: LakeSql) => Promise<T>): Promise<T> {
  const { lake } = checkedFolder(dataDir, loaded);
  const sql = await LakeSql.open({ lakeDir: lake, tables: tablesOf(loaded.pipeline) });
  try {
    return await use(sql);
  } finally {
    await sql.close();
  }
}
