import type { Position } from '../model.ts';

/** One accepted event: type, event id, position it was accepted at, event time in epoch ms, shard. */
export type IdEntry = readonly [type: string, id: string, position: Position, timeMs: number, shard: string];

/** A block of entries moved out of the profile into an item of its own, never changed afterwards. */
export interface IdSegment {
  readonly segment: number;
  /** Greatest event time in the block, epoch ms. */
  readonly lastMs: number;
}

/** The event ids a key remembers: recent ones inline, older blocks by reference. */
export interface IdMemory {
  recent: IdEntry[];
  segments: IdSegment[];
  nextSegment: number;
}

/** Entries kept inline at most: about 64 KB, the size past which rewriting a profile costs more than one more item. */
export const INLINE_IDS_MAX = 500;

/** Memory of a key never seen. */
export function emptyIdMemory(): IdMemory {
  return { recent: [], segments: [], nextSegment: 0 };
}

/** Shards whose entries this shard may not expire at once get a day more: their own retries may still need them. */
const OTHER_SHARD_SLACK_MS = 86_400_000;

/**
 * Forgets entries whose event time lies below `horizonMs`. `horizonMs` must come from the finished shard item: a retry of an
 * unfinished batch still finds what it accepted before.
 */
export function forgetIds(memory: IdMemory, horizonMs: number, shard: string): void {
  const first = memory.recent[0];
  if (first !== undefined && memory.recent.some((entry) => isForgotten(entry, horizonMs, shard))) {
    memory.recent = memory.recent.filter((entry) => !isForgotten(entry, horizonMs, shard));
  }
  if (memory.segments.length > 0) {
    memory.segments = memory.segments.filter((segment) => segment.lastMs >= horizonMs - OTHER_SHARD_SLACK_MS);
  }
}

function isForgotten(entry: IdEntry, horizonMs: number, shard: string): boolean {
  return entry[3] < (entry[4] === shard ? horizonMs : horizonMs - OTHER_SHARD_SLACK_MS);
}

/** Whether `spillIds` would move a block out. */
export function isFull(memory: IdMemory): boolean {
  return memory.recent.length > INLINE_IDS_MAX;
}

/** Moves the inline block out when it is full; the caller stores the returned entries before it writes the profile. */
export function spillIds(memory: IdMemory): { segment: number; entries: IdEntry[] } | undefined {
  if (!isFull(memory)) return undefined;
  const entries = memory.recent;
  const segment = memory.nextSegment;
  memory.segments.push({ segment, lastMs: entries.reduce((last, entry) => Math.max(last, entry[3]), Number.NEGATIVE_INFINITY) });
  memory.recent = [];
  memory.nextSegment += 1;
  return { segment, entries };
}

/** What the memory knows about one event at one position. */
export type IdVerdict = 'own' | 'duplicate' | 'unknown';

/**
 * Judges an event against one block of entries: `own` if this very position was accepted, `duplicate` if an earlier one was
 * and its entry has not expired (`aliveFromMs`, by the watermark at this event), else `unknown`.
 */
export function judgeId(
  entries: Iterable<IdEntry>,
  event: { readonly type: string; readonly id: string; readonly position: Position; readonly shard: string; readonly aliveFromMs: number },
): IdVerdict {
  let verdict: IdVerdict = 'unknown';
  for (const entry of entries) {
    if (entry[1] !== event.id || entry[0] !== event.type) continue;
    if (entry[2] === event.position) return 'own';
    const isEarlier = entry[4] !== event.shard || entry[2] < event.position;
    if (isEarlier && entry[3] >= event.aliveFromMs) verdict = 'duplicate';
  }
  return verdict;
}
