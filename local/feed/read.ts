import { readFile } from 'node:fs/promises';
import { usageError } from '../../core/errors.ts';
import type { EventChunk } from './events.ts';
import type { Inputs } from './inputs.ts';
import { lineEvents } from './lines.ts';
import { type RowsOptions, rowEvents } from './rows.ts';

/** Events of files in their order: lines of NDJSON byte for byte, rows of everything else, and of whatever a query shapes. */
export function fileEvents(inputs: Inputs, options: RowsOptions): AsyncIterable<EventChunk> {
  const isRaw = inputs.kind === 'ndjson' && options.importSql === undefined;
  return isRaw ? lineEvents(inputs.files, options.shape) : rowEvents(inputs, options);
}

/** Reads the file of an import query. Throws UsageError. */
export async function readImport(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw usageError('import query', path, 'a file with one SELECT over the view `input`');
  }
}
