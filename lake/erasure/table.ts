import type { StoredObject } from '../../core/ports.ts';
import { openObjects } from '../compaction/attempt.ts';
import { LakeError } from '../errors.ts';
import { type PartitionState, readTable } from '../generations/state.ts';
import { type ErasurePorts, type MaskedPartition, maskPartition, purgePartition, shownFiles } from './partition.ts';
import { pathsWith, readPatches } from './patches.ts';
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

/** Files looked through in one statement. */
const FILES_AT_ONCE = 500;

/** Looks for the subject in every file of the tables. Throws LakeError for a damaged one that queries read. */
export async function surveyTables(ports: ErasurePorts, masks: readonly TableMask[]): Promise<Survey> {
  const found: Found[] = [];
  const unread: string[] = [];
  for (const mask of masks) {
    const places = await placesOf(ports, mask);
    const suspects = await suspectsOf(
      ports,
      mask,
      places.flatMap(({ objects }) => objects),
    );
    for (const { state, objects } of places) {
      if (!objects.some(({ key }) => suspects.has(key))) continue;
      const shown = await shownFiles(ports, state);
      const rows = await countIn(ports, mask, shown);
      const keys = new Set(shown.map(({ key }) => key));
      let older = 0;
      for (const object of objects.filter(({ key }) => !keys.has(key) && suspects.has(key))) {
        const count = await countIn(ports, mask, [object]).catch(() => undefined);
        if (count === undefined) unread.push(object.key);
        older += count ?? 0;
      }
      if (rows + older > 0) found.push({ mask, state, rows });
    }
  }
  return { found, unread };
}

/** A partition and all Parquet files that lie of it, those too that nobody reads any more. */
interface Place {
  readonly state: PartitionState;
  readonly objects: readonly StoredObject[];
}

async function placesOf({ objects }: ErasurePorts, { table }: TableMask): Promise<Place[]> {
  const states = new Map((await readTable(objects, table.name)).map((state) => [`${state.partition.dt} ${state.partition.hour}`, state]));
  const aside = new Map<string, StoredObject[]>();
  for (const object of await objects.list(`${table.name}/aside/`)) {
    const [, dt = '', hour = ''] = /\/aside\/dt=([\d-]+)\/hour=(\d+)\//.exec(object.key) ?? [];
    const id = `${dt} ${hour}`;
    aside.set(id, [...(aside.get(id) ?? []), object]);
    if (!states.has(id))
      states.set(id, {
        table: table.name,
        partition: { dt, hour },
        manifest: undefined,
        damage: undefined,
        landing: [],
        objects: new Map(),
      });
  }
  return [...states].map(([id, state]) => {
    const all = [...state.landing, ...[...state.objects.values()].flat(), ...(aside.get(id) ?? [])];
    return { state, objects: all.filter(({ key }) => key.endsWith('.parquet')) };
  });
}

/** Keys of files that may have rows of the subject; one that cannot be read may, and so may those looked through with it. */
async function suspectsOf(ports: ErasurePorts, mask: TableMask, objects: readonly StoredObject[]): Promise<Set<string>> {
  const suspects = new Set<string>();
  for (let at = 0; at < objects.length; at += FILES_AT_ONCE) {
    const part = objects.slice(at, at + FILES_AT_ONCE);
    const { files, close } = await openObjects(ports, part);
    try {
      const paths = new Set(await pathsWith(ports.engine, mask, files).catch(() => files.map(({ path }) => path)));
      for (const { key, path } of files) if (paths.has(path)) suspects.add(key);
    } finally {
      await close();
    }
  }
  return suspects;
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
      now =
        (await readTable(ports.objects, mask.table.name)).find(({ partition }) => partition.dt === dt && partition.hour === hour) ?? state;
    }
  }
}

/** Ids of the alerts of the subject in the files that show a partition of the table of alerts. */
export async function alertIdsOf(ports: ErasurePorts, { mask, state }: Found): Promise<string[]> {
  const { files, close } = await openObjects(ports, await shownFiles(ports, state));
  const ids: string[] = [];
  const patch: TableMask['patch'] = (row) => {
    ids.push(String(row['alert_id']));
    return undefined;
  };
  try {
    await readPatches(ports.engine, { ...mask, patch }, files);
  } finally {
    await close();
  }
  return ids;
}
