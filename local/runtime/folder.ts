import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../core/errors.ts';

/** Places inside a data folder. */
export interface DataFolder {
  readonly root: string;
  /** LevelDB of the stream endpoint. */
  readonly stream: string;
  /** Journal and table of the state store. */
  readonly state: string;
  readonly delivery: string;
  readonly lake: string;
  /** Work of backfills. */
  readonly backfill: string;
}

/** Names the places of a data folder. */
export function dataFolder(root: string): DataFolder {
  return {
    root,
    stream: join(root, 'stream'),
    state: join(root, 'state'),
    delivery: join(root, 'delivery'),
    lake: join(root, 'lake'),
    backfill: join(root, 'backfill'),
  };
}

/** What a data folder was made for, kept beside its state. */
export interface FolderMeta {
  readonly pipeline: string;
  readonly stream: string;
  readonly streamEpoch: string;
  /** The input of the newest `run`, and whether it came to its end. */
  readonly run?: { readonly input: string; readonly isDone: boolean };
  /** Every input that a `run` has brought to its end. */
  readonly inputs?: readonly string[];
}

/** Reads what a folder was made for; undefined for a new folder. */
export function readMeta(folder: DataFolder): FolderMeta | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder.root, 'headrace.json'), 'utf8');
  } catch {
    return undefined;
  }
  return JSON.parse(text) as FolderMeta;
}

/** Replaces the description of a folder, whole or not at all. */
export function writeMeta(folder: DataFolder, meta: FolderMeta): void {
  const path = join(folder.root, 'headrace.json');
  writeFileSync(`${path}.new`, `${JSON.stringify(meta, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/** Refuses a folder that another pipeline filled. */
export function checkMeta(folder: DataFolder, meta: FolderMeta | undefined, pipeline: string): void {
  if (meta !== undefined && meta.pipeline !== pipeline) {
    throw usageError(
      `data folder ${folder.root} belongs to another pipeline`,
      meta.pipeline,
      `pipeline ${pipeline}, or another folder with --data`,
    );
  }
}
