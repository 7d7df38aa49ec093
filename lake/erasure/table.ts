import type { StoredObject } from '../../core/ports.ts';
import { openObjects } from '../compaction/attempt.ts';
import { LakeError } from '../errors.ts';
import { type PartitionState, readTable } from '../generations/state.ts';
import { type ErasurePorts, type MaskedPartition, maskPartition, partitionObjects, purgePartition, shownFiles } from './partition.ts';
import { readPatches } from './patches.ts';
import type { TableMask } from './rows.ts';

/** A partition with something of the subject in any of its files. */
export interface Found {
  readonly mask: TableMask;
  readonly state: PartitionState;
  /** Rows in the files that show it, repeats included; 0 if only older files have any. */
  readonly rows: number;
}

/** What a search came to. */
export interface Survey {
  readonly found: readonly Found[];
  /** Files set aside that cannot be read, so that nobody knows what is in them. */
  readonly unread: readonly string[];
}

/** Tries of one partition while others publish generations of it. */
const TRIES = 5;

/** Looks for the subject in every file of the tables. Throws LakeError for a damaged one that queries read. */
export async function surveyTables(ports: ErasurePorts, masks: readonly TableMask[]): Promise<Survey> {
  const found: Found[] = [];
  const unread: string[] = [];
  for (const mask of masks) {
    for (const state of await statesOf(ports, mask)) {
      const shown = await shownFiles(ports, state);
      const keys = new Set(shown.map(({ key }) => key));
      const rows = await countIn(ports, mask, shown);
      const others = (await partitionObjects(ports.objects, state)).filter(({ key }) => key.endsWith('.parquet') && !keys.has(key));
      let older = 0;
      for (const object of others) {
        const count = await countIn(ports, mask, [object]).catch(() => undefined);
        if (count === undefined) unread.push(object.key);
        older += count ?? 0;
      }
      if (rows + older > 0) found.push({ mask, state, rows });
    }
  }
  return { found, unread };
}

/** Partitions of a table, those too of which only files set aside are there. */
async function statesOf({ objects }: ErasurePorts, { table }: TableMask): Promise<PartitionState[]> {
  const states = await readTable(objects, table.name);
  const known = new Set(states.map(({ partition }) => `dt=${partition.dt}/hour=${partition.hour}`));
  const lone = (await objects.list(`${table.name}/aside/`)).flatMap(({ key }) => {
    const [, at = '', dt = '', hour = ''] = /\/aside\/(dt=([\d-]+)\/hour=(\d+))\//.exec(key) ?? [];
    if (at === '' || known.has(at)) return [];
    known.add(at);
    return [{ table: table.name, partition: { dt, hour }, manifest: undefined, damage: undefined, landing: [], objects: new Map() }];
  });
  return [...states, ...lone];
}

async function countIn(ports: ErasurePorts, mask: TableMask, objects: readonly StoredObject[]): Promise<number> {
  const { files, close } = await openObjects(ports, objects);
  try {
    return (await readPatches(ports.engine, mask, files)).rows.length;
  } catch (error) {
    throw new LakeError(
      'FILE_UNREADABLE',
      `${objects.map(({ key }) => key).join(', ')}: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}. Run headrace compact, which says how to go on, and then this again.`,
      { cause: error },
    );
  } finally {
    await close();
  }
}

/** Masks a partition and removes what it was; returns how many files went. Goes on when someone else publishes a generation meanwhile. */
export async function erasePartition(
  ports: ErasurePorts,
  { mask, state }: Found,
  options: { readonly origin: string; readonly onPlanned: (one: MaskedPartition) => Promise<void> },
): Promise<number> {
  let now = state;
  for (let tries = 1; ; tries += 1) {
    try {
      await maskPartition(ports, mask, now, options);
      return await purgePartition(ports, now);
    } catch (error) {
      if (!(error instanceof LakeError) || !error.retriable || tries === TRIES) throw error;
      const { dt, hour } = state.partition;
      now = (await statesOf(ports, mask)).find(({ partition }) => partition.dt === dt && partition.hour === hour) ?? state;
    }
  }
}
