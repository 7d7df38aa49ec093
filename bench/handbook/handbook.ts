import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { usageError } from '../../core/errors.ts';

/** Parquet files of the fraud detection handbook beside the project's folder, wherever a benchmark is started. */
export const HANDBOOK = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'handbook', '*.parquet');

/** The glob of a benchmark's input if it names files. Throws UsageError. */
export function checkInput(glob: string): string {
  if (globSync(glob).length > 0) return glob;
  const allowed = 'Parquet files with the columns of the fraud detection handbook; name them with --input GLOB';
  throw usageError('--input', `${relative('.', glob)}, which is not there`, allowed);
}
