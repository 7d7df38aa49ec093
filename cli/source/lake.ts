import { usageError } from '../../core/errors.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { checkMeta, type DataFolder, dataFolder, type FolderMeta, readMeta } from '../../local/runtime/folder.ts';

/** Names the places of a data folder that is there, and what it was made for. Throws UsageError when it is not, or another pipeline filled it. */
export function openFolder(dataDir: string, pipeline: string): DataFolder & { readonly meta: FolderMeta } {
  const folder = dataFolder(dataDir);
  const meta = readMeta(folder);
  if (meta === undefined)
    throw usageError('data folder', dataDir, 'a folder that headrace run or headrace up has filled; name it with --data');
  checkMeta(folder, meta, pipeline);
  return { ...folder, meta };
}

/** The tables of these names; all if there are none. Throws UsageError for an unknown one. */
export function tablesNamed(tables: readonly TableSchema[], names: readonly string[]): TableSchema[] {
  const unknown = names.find((name) => !tables.some((table) => table.name === name));
  if (unknown !== undefined) throw usageError('--table', unknown, tables.map(({ name }) => name).join(', '));
  return tables.filter(({ name }) => names.length === 0 || names.includes(name));
}
