import type { ObjectStore, StoredObject } from '../../core/ports.ts';
import { LakeError } from '../errors.ts';
import {
  generationFolder,
  generationPrefix,
  landingFolder,
  landingPrefix,
  manifestKey,
  manifestPrefix,
  type PartitionName,
  parseGenerationKey,
  parseLandedKey,
  parseManifestKey,
  partitionOf,
  partitionStartMs,
  RECEIPT_NAME,
} from '../names.ts';
import { lossOf } from './loss.ts';
import { type Generation, type Manifest, outdated, parseManifest, parseReceipt, REPAIR } from './manifest.ts';

/** What lies in the store of one partition of a table. */
export interface PartitionState {
  readonly table: string;
  readonly partition: PartitionName;
  /** The manifest and the version it was read in; undefined if there is none, or it is damaged. */
  readonly manifest: { readonly value: Manifest; readonly version: string } | undefined;
  /** What is wrong with the manifest, and the version that is there (undefined: none). */
  readonly damage: { readonly error: LakeError; readonly version: string | undefined } | undefined;
  /** Landing files, by key. */
  readonly landing: readonly StoredObject[];
  /** Objects of generations and tries, by number. */
  readonly objects: ReadonlyMap<number, readonly StoredObject[]>;
}

/** Reads done at once: enough to hide the way to S3, few enough for any connection pool. */
const READS_AT_ONCE = 16;

/** Which partitions are read. */
export interface ReadOptions {
  /**
   * Only partitions with landing files, and those whose manifest was written since this moment (epoch ms): lists are cheap, but a lake of
   * years has a hundred thousand manifests. Default: all.
   */
  readonly changedSinceMs?: number;
  /** Beside those, partitions that begin at this moment or before. */
  readonly startedByMs?: number;
  /** Only partitions with an hour of this span, epoch ms; the end is not part of it. Default: all. */
  readonly hours?: HourSpan | undefined;
}

/** A span of hours, epoch ms: from the hour that the start lies in, up to but not including the end. */
export interface HourSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Reads the state of the partitions of a table, in order of time. Manifests are read before landing files and generations are listed:
 * what a manifest names is in the lists unless it is lost.
 */
export async function readTable(objects: ObjectStore, table: string, options: ReadOptions = {}): Promise<PartitionState[]> {
  const { hours } = options;
  const parts = new Map<string, Listed>();
  const partOf = ({ dt, hour }: PartitionName): Listed => {
    const id = `${dt} ${hour}`;
    const known: Listed = parts.get(id) ?? { partition: { dt, hour }, landing: [], objects: new Map() };
    parts.set(id, known);
    return known;
  };
  const isWanted = (name: PartitionName): boolean => hours === undefined || isWithin(name, hours);
  const stored = (await listHours(objects, manifestPrefix(table), hours)).filter(({ key }) => isWanted(parseManifestKey(key) ?? NO_HOUR));
  const chosen = options.changedSinceMs === undefined ? stored : await changedManifests(objects, table, stored, options);
  const manifests = await readManifests(objects, chosen);
  const passedOver = new Set(stored.filter((one) => !chosen.includes(one)).map(({ key }) => key));
  for (const { partition } of manifests.values()) partOf(partition);
  for (const object of await listHours(objects, landingPrefix(table), hours)) {
    const name = parseLandedKey(object.key);
    if (name !== undefined && isWanted(name) && !passedOver.has(manifestKey(table, name))) partOf(name).landing.push(object);
  }
  for (const object of await objects.list(generationPrefix(table))) {
    const name = parseGenerationKey(object.key);
    if (name !== undefined && isWanted(name) && !passedOver.has(manifestKey(table, name))) push(partOf(name).objects, name.number, object);
  }
  const states: PartitionState[] = [];
  for (const [id, part] of [...parts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const state = stateOf(table, part.partition, manifests.get(id), part.landing, part.objects);
    states.push(isBehind(state) ? await readAgain(objects, state) : state);
  }
  return states;
}

/** Whether there are files of a generation whose number the manifest has not given out yet, or no manifest has. */
function isBehind({ manifest, damage, objects }: PartitionState): boolean {
  const isUnreadable = manifest === undefined && damage?.version !== undefined;
  return !isUnreadable && newestOf(objects) >= (manifest?.value.next ?? 1);
}

function newestOf(objects: PartitionState['objects']): number {
  return Math.max(0, ...objects.keys());
}

/** A try may have begun since the manifests were read: its number was on record before its files. If it is on none now, the manifest is lost or outdated. */
async function readAgain(objects: ObjectStore, state: PartitionState): Promise<PartitionState> {
  const now = await readPartition(objects, state.table, state.partition);
  const { manifest, damage } = now;
  if (manifest === undefined && damage === undefined) return state;
  const again = { ...now, objects: new Map([...state.objects, ...now.objects]) };
  if (manifest === undefined || !isBehind(again)) return again;
  const error = outdated(manifestKey(state.table, state.partition), manifest.value.next, newestOf(again.objects));
  return { ...again, manifest: undefined, damage: { error, version: manifest.version } };
}

/** Days of a span that are listed one by one: more of them cost more requests than the whole table has pages. */
const DAYS_LISTED_MAX = 62;
const DAY_MS = 86_400_000;

/** Objects below a folder whose folders are named by day; of long spans all, of short ones those of its days. */
async function listHours(objects: ObjectStore, prefix: string, hours: HourSpan | undefined): Promise<StoredObject[]> {
  const fromMs = Math.floor((hours?.fromMs ?? Number.NEGATIVE_INFINITY) / DAY_MS) * DAY_MS;
  const days = Math.ceil(((hours?.toMs ?? Number.POSITIVE_INFINITY) - fromMs) / DAY_MS);
  if (!(days <= DAYS_LISTED_MAX)) return objects.list(prefix);
  const lists: StoredObject[] = [];
  for (let day = 0; day < days; day += 1) lists.push(...(await objects.list(`${prefix}dt=${partitionOf(fromMs + day * DAY_MS).dt}/`)));
  return lists;
}

/** What no span of hours holds. */
const NO_HOUR: PartitionName = { dt: '', hour: '' };
const HOUR_MS = 3_600_000;

function isWithin(partition: PartitionName, { fromMs, toMs }: HourSpan): boolean {
  const startMs = partitionStartMs(partition);
  return startMs + HOUR_MS > fromMs && startMs < toMs;
}

async function changedManifests(
  objects: ObjectStore,
  table: string,
  stored: readonly StoredObject[],
  { changedSinceMs = Number.NEGATIVE_INFINITY, startedByMs = Number.NEGATIVE_INFINITY }: ReadOptions,
): Promise<StoredObject[]> {
  const landed = new Set<string>();
  for (const { key } of await objects.list(landingPrefix(table))) {
    const name = parseLandedKey(key);
    if (name !== undefined) landed.add(manifestKey(table, name));
  }
  const isOld = (key: string): boolean => {
    const partition = parseManifestKey(key);
    return partition !== undefined && partitionStartMs(partition) <= startedByMs;
  };
  return stored.filter(({ key, modifiedMs }) => landed.has(key) || modifiedMs >= changedSinceMs || isOld(key));
}

/** What was listed of one partition. */
interface Listed {
  readonly partition: PartitionName;
  readonly landing: StoredObject[];
  readonly objects: Map<number, StoredObject[]>;
}

/** Reads the state of one partition; generations that its manifest does not name are not looked for. */
export async function readPartition(objects: ObjectStore, table: string, partition: PartitionName): Promise<PartitionState> {
  const key = manifestKey(table, partition);
  const read = await readManifest(objects, key, partition);
  const landing = (await objects.list(landingFolder(table, partition))).filter((object) => parseLandedKey(object.key) !== undefined);
  const found = new Map<number, StoredObject[]>();
  for (const { number } of read?.manifest?.value.generations ?? [])
    found.set(number, await objects.list(generationFolder(table, partition, number)));
  return stateOf(table, partition, read, landing, found);
}

interface ReadManifest {
  readonly partition: PartitionName;
  readonly manifest: PartitionState['manifest'];
  readonly damage: PartitionState['damage'];
}

async function readManifests(objects: ObjectStore, stored: readonly StoredObject[]): Promise<Map<string, ReadManifest>> {
  const manifests = new Map<string, ReadManifest>();
  const named = stored.flatMap(({ key }) => {
    const partition = parseManifestKey(key);
    return partition === undefined ? [] : [{ key, partition }];
  });
  for (let at = 0; at < named.length; at += READS_AT_ONCE) {
    const read = await Promise.all(named.slice(at, at + READS_AT_ONCE).map(({ key, partition }) => readManifest(objects, key, partition)));
    for (const one of read) if (one !== undefined) manifests.set(`${one.partition.dt} ${one.partition.hour}`, one);
  }
  return manifests;
}

async function readManifest(objects: ObjectStore, key: string, { dt, hour }: PartitionName): Promise<ReadManifest | undefined> {
  const stored = await objects.get(key);
  if (stored === undefined) return undefined;
  const partition = { dt, hour };
  try {
    return { partition, manifest: { value: parseManifest(stored.body, key), version: stored.version }, damage: undefined };
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    return { partition, manifest: undefined, damage: { error, version: stored.version } };
  }
}

function stateOf(
  table: string,
  partition: PartitionName,
  read: ReadManifest | undefined,
  landing: readonly StoredObject[],
  objects: ReadonlyMap<number, readonly StoredObject[]>,
): PartitionState {
  const isLost = read === undefined && objects.size > 0;
  const error = (): LakeError =>
    new LakeError('MANIFEST_DAMAGED', `${manifestKey(table, partition)} is not there, but generations are. ${REPAIR}.`);
  return {
    table,
    partition,
    manifest: read?.manifest,
    damage: isLost ? { error: error(), version: undefined } : read?.damage,
    landing,
    objects,
  };
}

function push(map: Map<number, StoredObject[]>, number: number, object: StoredObject): void {
  const known = map.get(number);
  if (known === undefined) map.set(number, [object]);
  else known.push(object);
}

/** Whether an hour has left its table. */
export function isDropped({ manifest }: PartitionState): boolean {
  return manifest?.value.dropped !== undefined;
}

/** Whether every file of a generation is there, as long as it was written, and not known to be unreadable. */
export function isWhole(generation: Generation, state: PartitionState): boolean {
  return generation.files.every((file) => lossOf(generation, file, state) === undefined);
}

/** Generations that say of themselves, by their receipts, what they are, and are whole; by number. For partitions without a good manifest. */
export async function receiptsOf(store: ObjectStore, state: PartitionState): Promise<Generation[]> {
  const found: Generation[] = [];
  for (const number of [...state.objects.keys()].sort((a, b) => a - b)) {
    const key = generationFolder(state.table, state.partition, number) + RECEIPT_NAME;
    const stored = await store.get(key);
    if (stored === undefined) continue;
    try {
      const generation = parseReceipt(stored.body, key);
      if (generation.number === number && isWhole(generation, state)) found.push(generation);
    } catch (error) {
      if (!(error instanceof LakeError)) throw error;
    }
  }
  return found;
}
