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

/** Reads what a folder was made for; undefined for a new folder. Throws UsageError for a description that is damaged. */
export function readMeta(folder: DataFolder): FolderMeta | undefined {
  const path = join(folder.root, 'headrace.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  return parseMeta(path, text);
}

/** Only what a run has read is nowhere else: the stream tells the rest. */
const DAMAGED_REMEDY =
  'the description of a data folder. Put a copy of it back, or remove it and start headrace up on the folder with its pipeline once, which writes it anew; then nothing knows which inputs headrace run has read, so run none of them again';

function parseMeta(path: string, text: string): FolderMeta {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(path, `${Buffer.byteLength(text)} bytes that are not JSON`, DAMAGED_REMEDY);
  }
  if (!isMeta(value)) throw usageError(path, 'JSON without pipeline, stream and streamEpoch', DAMAGED_REMEDY);
  return value;
}

function isMeta(value: unknown): value is FolderMeta {
  const fields = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  return ['pipeline', 'stream', 'streamEpoch'].every((name) => typeof fields[name] === 'string');
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
