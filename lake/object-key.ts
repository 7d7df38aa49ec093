import { usageError } from '../core/errors.ts';

/** Hidden folder for files that are still being written; no key may start with it. */
export const SCRATCH_FOLDER = '.tmp';

/** Longest key, bytes, as in S3. */
const KEY_BYTES_MAX = 1024;

/** Throws UsageError unless the key is a plain relative path: no empty, `.` or `..` segment, no backslash or NUL, not in the hidden folder. */
export function checkObjectKey(key: string): void {
  const segments = key.split('/');
  const isPlain = segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  const isClean = !key.includes('\\') && !key.includes('\u0000') && Buffer.byteLength(key) <= KEY_BYTES_MAX;
  if (!isPlain || !isClean || segments[0] === SCRATCH_FOLDER) {
    throw usageError(
      'object key',
      key,
      `segments joined by /, none of them empty, . or .., none first ${SCRATCH_FOLDER}, at most ${KEY_BYTES_MAX} bytes`,
    );
  }
}
