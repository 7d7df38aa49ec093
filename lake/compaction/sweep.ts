import type { ObjectStore, StoredObject } from '../../core/ports.ts';
import { type Manifest, manifestBytes, publishedOf } from '../generations/manifest.ts';
import { isDropped, type PartitionState, readTable, receiptsOf } from '../generations/state.ts';
import { manifestKey } from '../names.ts';
import { pastByMs } from '../retention.ts';
import type { TableSchema } from '../schema.ts';
import { reconcile } from './catalogue.ts';
import { dropPast, removeDropped, type StoredManifest } from './drop.ts';
import type { CompactionPorts } from './ports.ts';

/** What a sweep removed. */
export interface Swept {
  /** Hours that left their table, past the age that it keeps. */
  readonly dropped: number;
  /** Generations whose time had come. */
  readonly expired: number;
  /** Files of tries that died, of expired generations, and of hours that left their table. */
  readonly filesRemoved: number;
  /** Landing files that a generation includes for longer than generations are kept, and those of hours that left their table. */
  readonly landingRemoved: number;
  /** Partitions that the catalogue had wrong. */
  readonly reconciled: number;
}

const NOTHING: Swept = { dropped: 0, expired: 0, filesRemoved: 0, landingRemoved: 0, reconciled: 0 };
const HOUR_MS = 3_600_000;
/** Age from which on a try is dead: no compaction of one partition may take that long. */
const ATTEMPT_MS = 6 * HOUR_MS;
/** For so long sweeps may be missed: manifests that nobody wrote for longer than generations are kept and this have nothing left to remove. */
const MISSED_MS = 30 * 24 * HOUR_MS;
/** Queries that began when a generation could still be asked for have this long to end. */
const MARGIN_MS = HOUR_MS;

/**
 * Has hours leave a table that are past the age it keeps, makes the catalogue follow, and removes what nobody needs any more: hours that
 * left and generations that were replaced longer than `keptMs` ago, landing files that a generation has included for as long, and the
 * files of tries that died. A damaged partition is left as it is until it is past its age.
 */
export async function sweepTable(
  { objects, clock, catalogue }: Pick<CompactionPorts, 'objects' | 'clock' | 'catalogue'>,
  table: TableSchema,
  keptMs: number,
): Promise<Swept> {
  const nowMs = clock();
  const { name } = table;
  // The lists before the manifests: what is in a list and in no manifest read later was given up, for numbers are taken before files are written.
  const horizonMs = nowMs - keptMs - MARGIN_MS;
  const startedByMs = pastByMs(table, nowMs);
  const chosen = { changedSinceMs: horizonMs - MISSED_MS, ...(startedByMs === undefined ? {} : { startedByMs }) };
  const listed = await readTable(objects, name, chosen);
  const { states, dropped } = await dropPast(objects, table, { states: await readTable(objects, name, chosen), nowMs });
  const byPartition = new Map(states.map((state) => [idOf(state), state]));
  // The catalogue before any file: what it points at is whole.
  const reconciled = catalogue === undefined ? 0 : await reconcile(catalogue, table, { states, nowMs });
  let swept: Swept = { ...NOTHING, dropped, reconciled };
  for (const state of listed) {
    const now = byPartition.get(idOf(state));
    if (now?.manifest === undefined) continue;
    const { manifest } = now;
    const one = isDropped(now)
      ? { ...NOTHING, ...(await removeDropped(objects, state, { manifest, horizonMs })) }
      : await sweepPartition(objects, state, manifest, { nowMs, horizonMs });
    swept = {
      ...swept,
      expired: swept.expired + one.expired,
      filesRemoved: swept.filesRemoved + one.filesRemoved,
      landingRemoved: swept.landingRemoved + one.landingRemoved,
    };
  }
  return swept;
}

interface Times {
  readonly nowMs: number;
  /** What was replaced before is no longer needed. */
  readonly horizonMs: number;
}

async function sweepPartition(objects: ObjectStore, listed: PartitionState, manifest: StoredManifest, times: Times): Promise<Swept> {
  const before = manifest.value;
  const { horizonMs } = times;
  const generations = before.generations.filter((_, i) => (before.generations[i + 1]?.publishedMs ?? times.nowMs) > horizonMs);
  const attempts = before.attempts.filter(
    ({ startedMs, failure }) => startedMs > (failure === undefined ? times.nowMs - ATTEMPT_MS : horizonMs),
  );
  const kept: Manifest = { ...before, generations, attempts };
  if (generations.length < before.generations.length || attempts.length < before.attempts.length) {
    const version = await objects.putIf(manifestKey(before.table, before), manifestBytes(kept), manifest.version);
    // Someone else is at work here: the next sweep is early enough.
    if (version === undefined) return NOTHING;
  }
  const numbers = new Set([...generations, ...attempts].map(({ number }) => number));
  const dead = await deadOf(objects, listed, { before, numbers });
  const old = generations.filter(({ publishedMs }) => publishedMs <= horizonMs).flatMap(({ covers }) => covers);
  const included = new Set(old);
  const landing = listed.landing.filter(({ key }) => included.has(key.slice(key.lastIndexOf('/') + 1)));
  for (const { key } of [...dead, ...landing]) await objects.remove(key);
  return { ...NOTHING, expired: before.generations.length - generations.length, filesRemoved: dead.length, landingRemoved: landing.length };
}

/**
 * Files of generations that are on no record. Not those of a newer one than is published, if it has a receipt: its try may have died
 * before publishing, but it may also have been published, and an older manifest put back.
 */
async function deadOf(
  objects: ObjectStore,
  listed: PartitionState,
  { before, numbers }: { readonly before: Manifest; readonly numbers: ReadonlySet<number> },
): Promise<StoredObject[]> {
  const dead = [...listed.objects].filter(([number]) => !numbers.has(number));
  const newer = new Set(dead.map(([number]) => number).filter((number) => number > (publishedOf(before)?.number ?? 0)));
  const spared = newer.size === 0 ? [] : (await receiptsOf(objects, listed)).map(({ number }) => number).filter((one) => newer.has(one));
  return dead.filter(([number]) => !spared.includes(number)).flatMap(([, found]) => found);
}

function idOf({ partition }: PartitionState): string {
  return `${partition.dt} ${partition.hour}`;
}
