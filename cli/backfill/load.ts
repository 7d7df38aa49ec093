import {
  type EndedBackfill,
  type FolderBackfills,
  findHistory,
  type HistoryFiles,
  type LoadOutcome,
} from '../../local/backfill/backfills.ts';
import { thingsText } from '../output.ts';

/** How a load ended: its backfill, and what went into the archive. */
export interface EndedLoad {
  readonly ended: EndedBackfill;
  readonly outcome: LoadOutcome | undefined;
}

/** Loads files into the lake, and runs the backfill of what was loaded. */
export async function loadFiles(
  backfills: FolderBackfills,
  files: HistoryFiles,
  {
    request,
    options,
  }: {
    readonly request: Parameters<FolderBackfills['load']>[1];
    readonly options: Omit<Parameters<FolderBackfills['load']>[2], 'onLoaded'>;
  },
): Promise<EndedLoad> {
  let outcome: LoadOutcome | undefined;
  const onLoaded = (loaded: LoadOutcome): void => {
    outcome = loaded;
  };
  const ended = await backfills.load(await findHistory(files), request, { ...options, onLoaded });
  return { ended, outcome };
}

/** What a load has put into the archive, in words. */
export function loadText({ load, counters, leftOut }: LoadOutcome): string {
  const span = `${new Date(load.fromMs).toISOString()} to ${new Date(load.toMs - 1).toISOString()}`;
  if (counters === undefined) return `Load ${load.id} (${span}) was in the archive already.\n`;
  const { seen, accepted, late, duplicate, quarantined } = counters;
  const lanes = `${accepted} accepted, ${late} late, ${duplicate} duplicate, ${quarantined} quarantined`;
  const beside = leftOut === 0 ? '' : ` ${thingsText(leftOut, 'record')} outside of the span left out.`;
  return `Loaded ${thingsText(seen, 'record')} as ${load.shardId} (${span}): ${lanes}.${beside}\n`;
}

/** The same for a program. */
export function loadFields({ load, counters, leftOut }: LoadOutcome): Record<string, unknown> {
  const { seen = null, accepted = null, late = null, duplicate = null, quarantined = null } = counters ?? {};
  return { load: load.id, seen, accepted, late, duplicate, quarantined, left_out: leftOut };
}
