import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { glob, open, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { UsageError, usageError } from '../../core/errors.ts';

/** How input files are read; `payloads` are Parquet files with columns payload (bytes of an event), key and time_ms, in order. */
export type InputKind = 'csv' | 'ndjson' | 'parquet' | 'payloads';

/** Checked input files of one kind, in sorted name order, each once. */
export interface Inputs {
  readonly kind: InputKind;
  readonly files: readonly string[];
}

const KINDS: Readonly<Record<string, InputKind>> = { '.csv': 'csv', '.ndjson': 'ndjson', '.jsonl': 'ndjson', '.parquet': 'parquet' };

/** Bytes read at once for the identity of a feed. */
const CHUNK_BYTES = 1024 * 1024;

async function matches(pattern: string): Promise<string[]> {
  if (existsSync(pattern)) return [pattern];
  const found: string[] = [];
  for await (const path of glob(pattern)) found.push(path);
  return found;
}

function kindOf(file: string): InputKind {
  const kind = KINDS[extname(file).toLowerCase()];
  if (kind === undefined) throw usageError('input file of an unknown kind', file, `names ending in ${Object.keys(KINDS).join(', ')}`);
  return kind;
}

/** Finds the files of paths and globs. Throws UsageError when one matches nothing, or the kinds are unknown or mixed. */
export async function resolveInputs(patterns: readonly string[]): Promise<Inputs> {
  // By their places: one file under two spellings is one file.
  const files = new Map<string, string>();
  for (const pattern of patterns) {
    const found = await matches(pattern);
    if (found.length === 0) throw usageError('no input file matches', pattern, 'a path or glob of CSV, NDJSON or Parquet files that exist');
    for (const file of found) if (!files.has(resolve(file))) files.set(resolve(file), file);
  }
  const sorted = [...files.values()].sort();
  const kinds = new Set(sorted.map(kindOf));
  const [kind] = kinds;
  if (kind === undefined) throw usageError('input files', 'none', 'at least one path or glob');
  if (kinds.size > 1)
    throw new UsageError(`input files of different kinds: got ${[...kinds].join(' and ')}; allowed: files of one kind per run`);
  for (const file of sorted) {
    if (!(await stat(file)).isFile()) throw usageError('input is not a file', file, 'a file, or a glob that matches files');
    if (kind !== 'parquet' && (await isUtf16(file)))
      throw usageError('text encoding of an input file', `${file} in UTF-16`, 'UTF-8; such as what `iconv -f UTF-16 -t UTF-8` writes');
  }
  return { kind, files: sorted };
}

/** Whether a text file begins as UTF-16 does: with its byte order mark, or with every other byte of its first characters zero. */
async function isUtf16(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const [a, b, c, d] = buffer.subarray(0, bytesRead);
    return (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (a === 0 && c === 0) || (b === 0 && d === 0);
  } finally {
    await file.close();
  }
}

/**
 * Identity of a feed, 16 hex digits: the same files (names and bytes) shaped by the same import give the same id, so that an
 * interrupted feed finds its own tail in the stream, and a corrected file is another one.
 */
export async function feedIdOf(inputs: Inputs, importSql: string | undefined): Promise<string> {
  const hash = createHash('sha256').update(importSql ?? '');
  for (const path of inputs.files) {
    const { size } = await stat(path);
    hash.update(`\0${basename(path)}\0${size}\0`);
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) hash.update(chunk as Buffer);
  }
  return hash.digest('hex').slice(0, 16);
}
