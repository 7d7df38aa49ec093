import type { ObjectStore, StoredObject } from '../../core/ports.ts';
import { generationFolder, type PartitionName, partitionStartMs } from '../names.ts';
import { firstLossOf, LOSS_REMEDY } from './loss.ts';
import type { Generation } from './manifest.ts';
import { isWhole, type PartitionState, receiptsOf } from './state.ts';

/** The files that show a partition whole, each row of it in one of them or more. */
export interface Snapshot {
  readonly partition: PartitionName;
  /** The generation it is made of; undefined if none was published. */
  readonly generation: Generation | undefined;
  /** Keys of the generation's files. */
  readonly published: readonly string[];
  /** Landing files that the generation does not include. */
  readonly landed: readonly StoredObject[];
  /** What is not as it should be, in words; the files are the best there is. */
  readonly warning: string | undefined;
}

/**
 * What a reader sees of a partition: the published generation, and landing files that came after it. With `asOfMs`, what was published
 * then, and what had landed by then. A generation with a lost file, or a damaged manifest, gives way to the newest whole generation
 * before: landing files are kept longer than that. Of an hour that has left its table nothing is seen since then.
 */
export async function snapshotOf(store: ObjectStore, state: PartitionState, asOfMs = Number.POSITIVE_INFINITY): Promise<Snapshot> {
  const { partition, table, damage, manifest } = state;
  const dropped = manifest?.value.dropped;
  if (dropped !== undefined && (dropped.isFinal || dropped.atMs <= asOfMs))
    return { partition, generation: undefined, published: [], landed: [], warning: undefined };
  const known = damage === undefined ? (manifest?.value.generations ?? []) : await receiptsOf(store, state);
  const past = known.filter(({ publishedMs }) => publishedMs <= asOfMs);
  const erased = past.length === 0 ? erasedHistory(known, state, asOfMs) : undefined;
  const published = erased === undefined ? past : [erased];
  const newest = published.at(-1);
  const generation = published.findLast((one) => isWhole(one, state));
  const covered = new Set(generation?.covers);
  const folder = generation === undefined ? '' : generationFolder(table, partition, generation.number);
  const lost = newest === undefined || newest === generation ? undefined : lossWarning(newest, generation, state);
  return {
    partition,
    generation,
    published: generation?.files.map(({ name }) => folder + name) ?? [],
    landed: state.landing.filter(({ key, modifiedMs }) => modifiedMs <= asOfMs && !covered.has(key.slice(key.lastIndexOf('/') + 1))),
    warning: damage?.error.message ?? lost ?? (erased === undefined ? undefined : erasedWarning(state, erased)),
  };
}

function lossWarning(newest: Generation, shownNow: Generation | undefined, state: PartitionState): string | undefined {
  const { table, partition } = state;
  const loss = firstLossOf(newest, state);
  if (loss === undefined) return undefined;
  const of = `generation ${newest.number} of ${table} ${partition.dt} ${partition.hour}`;
  return `${loss.fault}: ${of} lacks a file: ${loss.what}; read is ${shown(shownNow)}; ${LOSS_REMEDY}`;
}

/** An erasure takes the history of a partition with it: what it left stands in for all that was published before. */
function erasedHistory(known: readonly Generation[], { partition }: PartitionState, asOfMs: number): Generation | undefined {
  const [oldest] = known;
  return oldest?.origin?.startsWith('erasure/') && partitionStartMs(partition) < asOfMs ? oldest : undefined;
}

function erasedWarning({ table, partition: { dt, hour } }: PartitionState, { publishedMs, origin }: Generation): string {
  return `the history of ${table} ${dt} ${hour} begins at ${new Date(publishedMs).toISOString()}, with ${origin}; read is what that left`;
}

function shown(generation: Generation | undefined): string {
  return generation === undefined ? 'what landed' : `generation ${generation.number} and what landed since`;
}
