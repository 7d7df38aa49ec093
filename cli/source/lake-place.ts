import { FolderObjectStore } from '../../local/objects/folder.ts';
import { openFolder } from './lake.ts';
import type { CalledFunction, LakePorts, StackLake } from './lake-ports.ts';
import { checkPlace, type Place } from './source.ts';
import { explain } from './stack.ts';

/** Does something with the lake that the flags name: that of a data folder, or of a stack. */
export async function withLake<T>(place: Place, pipeline: string, use: (lake: LakePorts) => Promise<T>): Promise<T> {
  checkPlace(place);
  if (place.stack !== undefined)
    return withStack<StackLake, T>(place.stack, { open: ({ openStackLake }, stack) => openStackLake(stack), use });
  const store = new FolderObjectStore(openFolder(place.data, pipeline).lake);
  return use({ objects: store, files: store });
}

/** Does something with the function of a stack that compacts its lake. */
export async function withCompactor<T>(stack: string, use: (compactor: CalledFunction) => Promise<T>): Promise<T> {
  return withStack<CalledFunction, T>(stack, { open: async ({ openCompactor }) => openCompactor(stack), use });
}

type Parts = typeof import('./aws-lake.ts');

/** Opens a part of a stack and closes it again; faults that are the caller's own say what to do about them. */
async function withStack<P extends StackLake | CalledFunction, T>(
  stack: string,
  { open, use }: { readonly open: (parts: Parts, stack: string) => Promise<P>; readonly use: (part: P) => Promise<T> },
): Promise<T> {
  try {
    // The clients take a while to load, and most command lines need none.
    const part = await open(await import('./aws-lake.ts'), stack);
    try {
      return await use(part);
    } finally {
      part.close();
    }
  } catch (error) {
    throw explain(error, stack);
  }
}
