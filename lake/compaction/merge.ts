import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { relationSql } from '../relation.ts';
import type { TableSchema } from '../schema.ts';
import { quoteText } from '../sql-text.ts';
import type { InputFile, Run } from './inputs.ts';

/** Files that one statement reads at most: the engine keeps each open, with its footer, all the while. Functions may have 1,024 open. */
export const FILES_MAX = 200;
/** Bytes of a row group on the way: bounds what the engine holds. */
const ROW_GROUP_BYTES = 16 * 2 ** 20;

/** Where files are merged, and into how many at most. */
export interface MergeOptions {
  /** Folder of the merged files; the caller removes it. */
  readonly folder: string;
  /** At least 2. */
  readonly filesMax: number;
}

/** The inputs, or, if they are more than one statement may read, files with the same rows, repeats included: merged in rounds. */
export async function mergeInputs(
  run: Run,
  table: TableSchema,
  inputs: readonly InputFile[],
  { folder, filesMax }: MergeOptions,
): Promise<readonly InputFile[]> {
  let files = inputs;
  for (let round = 0; files.length > filesMax; round += 1) {
    const into = join(folder, `round-${round}`);
    mkdirSync(into, { recursive: true });
    const merged: InputFile[] = [];
    for (let at = 0; at < files.length; at += filesMax) {
      const path = join(into, `${merged.length}.parquet`);
      await run(
        `COPY (SELECT * FROM ${relationSql(table, files.slice(at, at + filesMax))}) TO ${quoteText(path)}
         (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE_BYTES ${ROW_GROUP_BYTES})`,
      );
      merged.push({ path, key: path });
    }
    if (round > 0) rmSync(join(folder, `round-${round - 1}`), { recursive: true });
    files = merged;
  }
  return files;
}
