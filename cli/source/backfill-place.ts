import { functionFault } from '../../functions/adapters/lambda-function.ts';
import { type Backfills, FolderBackfills } from '../../local/backfill/backfills.ts';
import type { LoadedPipeline } from '../../local/pipeline.ts';
import { openFolder } from './lake.ts';
import { checkPlace, type Place } from './source.ts';
import { explain } from './stack.ts';

/** Does something with the backfills of what the flags name: a data folder, or a stack. */
export async function withBackfills<T>(place: Place, loaded: LoadedPipeline, use: (backfills: Backfills) => Promise<T>): Promise<T> {
  checkPlace(place);
  if (place.stack === undefined) return use(new FolderBackfills(openFolder(place.data, loaded.pipeline.name).root, loaded, Date.now));
  try {
    // The clients take a while to load, and most command lines need none.
    const { openStackBackfills } = await import('./aws-backfills.ts');
    const { backfills, close } = await openStackBackfills(place.stack);
    try {
      return await use(backfills);
    } finally {
      close();
    }
  } catch (error) {
    throw explain(functionFault(error), place.stack);
  }
}
