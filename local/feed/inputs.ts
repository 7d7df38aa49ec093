import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, open, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { UsageError, usageError } from '../../core/errors.ts';

/** How input files are read. */
export type InputKind = 'csv' | 'ndjson' | 'parquet';

/** Checked input files of one kind, in sorted name order, each once. */
export interface Inputs {
  readonly kind: InputKind;
  readonly files: readonly string[];
}

const KINDS: Readonly<Record<string, InputKind>> = { '.csv': 'csv', '.ndjson': 'ndjson', '.jsonl': 'ndjson', '.parquet': 'parquet' };

/** Bytes of each file's head that go into the identity of a feed. */
const HEAD_BYTES = 64 * 1024;

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
  const files = new Set<string>();
  for (const pattern of patterns) {
    const found = await matches(pattern);
    if (found.length === 0) throw usageError('no input file matches', pattern, 'a path or glob of CSV, NDJSON or Parquet files that exist');
    for (const file of found) files.add(file);
  }
  const sorted = [...files].sort();
  const kinds = new Set(sorted.map(kindOf));
  const [kind] = kinds;
  if (kind === undefined) throw usageError('input files', 'none', 'at least one path or glob');
  if (kinds.size > 1)
    throw new UsageError(`input files of different kinds: got ${[...kinds].join(' and ')}; allowed: files of one kind per run`);
  for (const file of sorted)
    if (!(await stat(file)).isFile()) throw usageError('input is not a file', file, 'a file, or a glob that matches files');
  return { kind, files: sorted };
}

/**
 * Identity of a feed, 16 hex digits: the same files (name, size, first 64 KB) shaped by the same import give the same id,
 * so that an interrupted feed finds its own tail in the stream.
 */
export async function feedIdOf(inputs: Inputs, importSql: string | undefined): Promise<string> {
  const hash = createHash('sha256').update(importSql ?? '');
  for (const path of inputs.files) {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
      await file.read(head, 0, head.length, 0);
      hash.update(`\0${basename(path)}\0${size}\0`).update(head);
    } finally {
      await file.close();
    }
  }
  return hash.digest('hex').slice(0, 16);
}
