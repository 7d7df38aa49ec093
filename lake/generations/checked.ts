import type { ObjectFiles, ObjectStore, StoredBody, StoredObject } from '../../core/ports.ts';
import { FOOTER_BYTES, readStoredFooter } from '../compaction/witness.ts';
import { LakeError } from '../errors.ts';
import { parseGenerationKey } from '../names.ts';

/** Looks at a Parquet file: why nobody can read it, undefined if nothing is wrong with it. */
export type FileCheck = (files: Pick<ObjectFiles, 'part'>, object: StoredObject) => Promise<string | undefined>;

/** Magic bytes at both ends of a Parquet file. */
const MAGIC = 'PAR1';
/** Length of the footer, and the magic bytes behind it. */
const TAIL_BYTES = 8;
const FILE_BYTES_MIN = MAGIC.length + TAIL_BYTES;
/** Files looked at together: enough to hide the way to S3. */
const CHECKS_AT_ONCE = 16;

/** Looks at both ends of a file: cheap enough to be done for each query. */
export const checkEnds: FileCheck = async (files, { key, bytes }) => {
  if (bytes < FILE_BYTES_MIN) return `it has ${bytes} bytes, fewer than any Parquet file`;
  const head = await files.part(key, 0, MAGIC.length);
  const tail = await files.part(key, bytes - TAIL_BYTES, bytes);
  // Someone has removed or replaced it since it was listed.
  if (head === undefined || tail?.byteLength !== TAIL_BYTES) return undefined;
  const magic = (part: Uint8Array): string => Buffer.from(part).toString('latin1');
  if (magic(head) !== MAGIC) return `it does not begin with ${MAGIC}`;
  if (magic(tail.subarray(TAIL_BYTES - MAGIC.length)) !== MAGIC) return `it does not end with ${MAGIC}`;
  const footer = Buffer.from(tail).readUInt32LE(0);
  return footer > bytes - FILE_BYTES_MIN ? `its footer would have ${footer} bytes, more than the file` : undefined;
};

/** Reads the footer of a file, too, in one or two requests: for what is done when a person asks. */
export const checkFooter: FileCheck = async (stored, object) => {
  const files = withTail(stored, object);
  const wrong = await checkEnds(files, object);
  if (wrong !== undefined) return wrong;
  try {
    await readStoredFooter(files, object);
    return undefined;
  } catch (error) {
    if (!(error instanceof LakeError) || error.fault !== 'FILE_UNREADABLE') throw error;
    return `its footer cannot be read: ${error.cause instanceof Error ? error.cause.message : error.message}`;
  }
};

/** Parts of one object: those near its end, which are asked for again and again, from one read. */
function withTail(files: Pick<ObjectFiles, 'part'>, { key: tailKey, bytes }: StoredObject): Pick<ObjectFiles, 'part'> {
  const start = Math.max(0, bytes - FOOTER_BYTES);
  let tail: Promise<Uint8Array | undefined> | undefined;
  return {
    part: async (key, from, to) => {
      if (key !== tailKey || from < start) return files.part(key, from, to);
      tail ??= files.part(key, start, bytes);
      return (await tail)?.subarray(from - start, to - start);
    },
  };
}

/** Objects of a lake whose lists tell files of generations that nobody can read. */
export class CheckedObjects implements ObjectStore {
  private readonly objects: ObjectStore;
  private readonly files: Pick<ObjectFiles, 'part'>;
  private readonly check: FileCheck;

  constructor(
    { objects, files }: { readonly objects: ObjectStore; readonly files: Pick<ObjectFiles, 'part'> },
    check: FileCheck = checkFooter,
  ) {
    this.objects = objects;
    this.files = files;
    this.check = check;
  }

  async list(prefix: string): Promise<StoredObject[]> {
    const listed = await this.objects.list(prefix);
    const checked: StoredObject[] = [];
    for (let at = 0; at < listed.length; at += CHECKS_AT_ONCE)
      checked.push(...(await Promise.all(listed.slice(at, at + CHECKS_AT_ONCE).map((object) => this.checked(object)))));
    return checked;
  }

  put(key: string, body: Uint8Array): Promise<void> {
    return this.objects.put(key, body);
  }

  putIf(key: string, body: Uint8Array, expected: string | undefined): Promise<string | undefined> {
    return this.objects.putIf(key, body, expected);
  }

  get(key: string): Promise<StoredBody | undefined> {
    return this.objects.get(key);
  }

  remove(key: string): Promise<void> {
    return this.objects.remove(key);
  }

  private async checked(object: StoredObject): Promise<StoredObject> {
    if (parseGenerationKey(object.key)?.name.endsWith('.parquet') !== true) return object;
    const damage = await this.check(this.files, object);
    return damage === undefined ? object : { ...object, damage };
  }
}
