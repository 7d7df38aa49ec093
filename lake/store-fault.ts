import { LakeError } from './errors.ts';

/** What systems and engines say of a full disk, by code or in words. */
const FULL = /\b(?:ENOSPC|EDQUOT)\b|No space left on device|Disk quota exceeded/i;
/** What they say of a file or folder that this user may not read or write. */
const DENIED = /\b(?:EACCES|EPERM|EROFS)\b|Permission denied|Read-only file system/i;

/** The name of what keeps files from being written or read at `where`; undefined if it is something else, or has its name already. */
export function storeFault(error: unknown, where: string): LakeError | undefined {
  if (error instanceof LakeError || !(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  const said = `${code} ${error.message}`;
  const what = `${where}: ${error.message.split('\n', 1)[0]}.`;
  const options = { cause: error, retriable: true };
  if (FULL.test(said))
    return new LakeError('STORE_FULL', `${what} Make room on that disk and do the same again; what was published stays.`, options);
  if (!DENIED.test(said)) return undefined;
  const remedy =
    'Let this user read and write there (who owns it, is it mounted read-only?) and do the same again; what was published stays.';
  return new LakeError('STORE_DENIED', `${what} ${remedy}`, options);
}

/** Does something with files at `where`; a full disk and a denied permission become a LakeError with a name. */
export function namingFaults<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeFault(error, where) ?? error;
  }
}
