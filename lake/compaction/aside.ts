import { usageError } from '../../core/errors.ts';
import type { ObjectFiles, ObjectStore } from '../../core/ports.ts';
import { asideFolder, parseLandedKey } from '../names.ts';

/**
 * Takes a landing file out of its table without losing it: it goes to `<table>/aside/dt=…/hour=…/`, which nothing reads. Returns its
 * new key. Throws UsageError for a key that is no landing file, or none that is there.
 */
export async function setAside(
  { objects, files }: { readonly objects: ObjectStore; readonly files: ObjectFiles },
  key: string,
): Promise<string> {
  const name = parseLandedKey(key);
  const allowed =
    'the key of a landing file as the message about it named it, such as transactions/landing/dt=2026-01-05/hour=10/x.parquet';
  if (name === undefined) throw usageError('--set-aside', key, allowed);
  const path = await files.open(key);
  if (path === undefined) throw usageError('--set-aside', `${key}, which is not there`, allowed);
  const aside = `${asideFolder(name.table, name)}${name.name}`;
  try {
    await files.store(aside, path);
    await objects.remove(key);
  } finally {
    await files.release([path]);
  }
  return aside;
}
