import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { LakeError } from '../errors.ts';
import { LOSS_REMEDY } from '../generations/loss.ts';
import type { Generation } from '../generations/manifest.ts';
import type { PartitionState } from '../generations/state.ts';
import { generationFolder } from '../names.ts';
import type { InputFile } from './inputs.ts';

/** SHA-256 of a file, hexadecimal, whatever its size. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** A published file is not byte for byte what was written, though it may well decode. */
export class AlteredFileError extends LakeError {
  readonly key: string;
  readonly what: string;

  constructor(key: string, what: string) {
    super(
      'FILE_UNREADABLE',
      `${key} is not as it was written: ${what}. Nothing is made of it: remove that file, so that compaction misses it. Go on so: ${LOSS_REMEDY}.`,
    );
    this.key = key;
    this.what = what;
  }
}

/** SHA-256 of the files of a generation, by their keys, as its manifest has them; builds before this one kept none. */
export function digestsOf(
  { table, partition }: Pick<PartitionState, 'table' | 'partition'>,
  generation: Generation | undefined,
): ReadonlyMap<string, string> {
  if (generation === undefined) return new Map();
  const folder = generationFolder(table, partition, generation.number);
  return new Map(generation.files.flatMap(({ name, sha256 }) => (sha256 === undefined ? [] : [[folder + name, sha256] as const])));
}

/** Throws AlteredFileError for a file with another digest than is on record; files without one pass. */
export async function assertUnaltered(files: readonly InputFile[], digests: ReadonlyMap<string, string>): Promise<void> {
  for (const { key, path } of files) {
    const written = digests.get(key);
    if (written === undefined) continue;
    const found = await fileDigest(path);
    if (found !== written) throw new AlteredFileError(key, `its SHA-256 is ${found}, not ${written}`);
  }
}
