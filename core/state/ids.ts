import type { Position } from '../model.ts';

/** One accepted event: type, event id, position it was accepted at, event time in epoch ms, shard. */
export type IdEntry = readonly [type: string, id: string, position: Position, timeMs: number, shard: string];

/** A block of entries moved out of the profile into an item of its own, never changed afterwards. */
export interface IdSegment {
  /** Unlike any other of the key, also those of attempts that failed: a block is never written twice. */
  readonly segment: string;
  /** Greatest event time in the block, epoch ms. */
  readonly lastMs: number;
}

/** The event ids a key remembers: recent ones inline, older blocks by reference. */
export interface IdMemory {
  recent: IdEntry[];
  segments: IdSegment[];
}

/** Entries kept inline at most: about 64 KB, the size past which rewriting a profile costs more than one more item. */
export const INLINE_IDS_MAX = 500;

/** Entries of a block at most: with the longest ids that compress worst, about a third of what an item may hold. */
const BLOCK_IDS_MAX = 1_000;

/** Memory of a key never seen. */
export function emptyIdMemory(): IdMemory {
  return { recent: [], segments: [] };
}

/** Forgets entries whose event time lies below `horizonMs`: no shard may be so far behind that an event with such an id is not late there. */
export function forgetIds(memory: IdMemory, horizonMs: number): void {
  if (memory.recent.some(([, , , timeMs]) => timeMs < horizonMs)) {
    memory.recent = memory.recent.filter(([, , , timeMs]) => timeMs >= horizonMs);
  }
  if (memory.segments.length > 0) memory.segments = memory.segments.filter(({ lastMs }) => lastMs >= horizonMs);
}

/** Entries that leave a profile for an item of their own. */
export interface IdBlock {
  /** Name of the block, as `IdSegment` has it. */
  readonly segment: string;
  readonly entries: readonly IdEntry[];
}

/**
 * Moves the inline entries out when they are too many, in blocks named after `name`; the caller stores the blocks before it writes the
 * profile. One batch can bring thousands of ids of one key, and a block of all of them could be larger than an item may be.
 */
export function spillIds(memory: IdMemory, name: string): IdBlock[] {
  if (memory.recent.length <= INLINE_IDS_MAX) return [];
  const blocks: IdBlock[] = [];
  for (let at = 0; at < memory.recent.length; at += BLOCK_IDS_MAX) {
    const entries = memory.recent.slice(at, at + BLOCK_IDS_MAX);
    const segment = `${name}.${blocks.length}`;
    memory.segments.push({ segment, lastMs: entries.reduce((last, entry) => Math.max(last, entry[3]), Number.NEGATIVE_INFINITY) });
    blocks.push({ segment, entries });
  }
  memory.recent = [];
  return blocks;
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
