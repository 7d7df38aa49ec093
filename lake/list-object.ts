import type { ObjectStore } from '../core/ports.ts';
import { LakeError } from './errors.ts';

const TRIES = 8;

/** Reads an object that holds a list as JSON; an absent one is an empty list. */
export async function readList<T>(objects: ObjectStore, key: string): Promise<T[]> {
  return (await stored<T>(objects, key)).list;
}

/** Changes such a list by compare-and-swap: `next` gives the whole list anew, from what is there at that moment. Throws LakeError PARTITION_CHANGED. */
export async function changeList<T>(objects: ObjectStore, key: string, next: (list: readonly T[]) => readonly T[]): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { list, version } = await stored<T>(objects, key);
    const changed = next(list);
    if (JSON.stringify(changed) === JSON.stringify(list)) return;
    if ((await objects.putIf(key, new TextEncoder().encode(`${JSON.stringify(changed)}\n`), version)) !== undefined) return;
  }
  throw new LakeError('PARTITION_CHANGED', `${key} is changed again and again by others; try again`, { retriable: true });
}

async function stored<T>(objects: ObjectStore, key: string): Promise<{ readonly list: T[]; readonly version: string | undefined }> {
  const found = await objects.get(key);
  if (found === undefined) return { list: [], version: undefined };
  return { list: JSON.parse(new TextDecoder().decode(found.body)) as T[], version: found.version };
}
