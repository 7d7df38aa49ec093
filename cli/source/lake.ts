import { usageError } from '../../core/errors.ts';
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
