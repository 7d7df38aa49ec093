import type { Accumulator } from '../aggregates/types.ts';
import { RetriableError } from '../errors.ts';
import type { StateItem } from '../ports.ts';
import type { SliceState } from './slice.ts';

/**
 * Where the chain of one slice of one shard ends, as the shard item says: start of the slice (epoch ms), generation of the chain,
 * attempt that wrote the newest link, and the length of the JSON in the generation's first link and in the links after it.
 */
export type SliceHead = readonly [startMs: number, generation: number, attempt: number, baseLength: number, deltaLength: number];

/**
 * Characters of groups in one item at most, unless one group alone has more: in the worst case three bytes each, 288 KB of the
 * 400 KB that DynamoDB allows.
 */
const PART_LENGTH_MAX = 96 * 1024;
/** Links together may be this long before they are merged into one, or as long as the merged one is if that is longer. */
export const COMPACT_LENGTH = 1024 * 1024;

/** First part of a link; the other parts have groups only. */
interface LinkBody {
  /** Attempt that wrote the link before; null for the first of a generation. */
  readonly prev: number | null;
  readonly parts: number;
  readonly groups: Record<string, Accumulator>;
}

/** Sort key of one part of the link that an attempt wrote. */
export function linkKey(attempt: number, part: number): string {
  return `${String(attempt).padStart(10, '0')}.${String(part).padStart(4, '0')}`;
}

/** Bodies of the items that hold a slice as a link after that of attempt `prev`. */
export function linkBodies(slice: SliceState, prev: number | null): string[] {
  const whole = JSON.stringify(slice.groups);
  const parts = whole.length <= PART_LENGTH_MAX ? [whole] : splitGroups(slice);
  return parts.map((groups, part) => (part === 0 ? `{"prev":${prev},"parts":${parts.length},"groups":${groups}}` : `{"groups":${groups}}`));
}

function splitGroups({ groups }: SliceState): string[] {
  const parts: string[] = [];
  let part: string[] = [];
  let length = 0;
  for (const groupKey in groups) {
    const text = `${JSON.stringify(groupKey)}:${JSON.stringify(groups[groupKey])}`;
    if (part.length > 0 && length + text.length > PART_LENGTH_MAX) {
      parts.push(`{${part.join(',')}}`);
      part = [];
      length = 0;
    }
    part.push(text);
    length += text.length + 1;
  }
  parts.push(`{${part.join(',')}}`);
  return parts;
}

/**
 * The links that end at `attempt`, newest first, out of all items of one generation; what attempts that failed left there is not
 * in the chain. Throws RetriableError if a link is missing: another closer has cleared the slice.
 */
export function readChain(items: readonly StateItem[], attempt: number): SliceState[] {
  const bodies = new Map(items.map(({ sk, body }) => [sk, body]));
  const slices: SliceState[] = [];
  for (let at: number | null = attempt; at !== null; ) {
    const first = JSON.parse(bodyOf(bodies, at, 0)) as LinkBody;
    slices.push(sliceOf(first));
    for (let part = 1; part < first.parts; part += 1) slices.push(sliceOf(JSON.parse(bodyOf(bodies, at, part)) as LinkBody));
    at = first.prev;
  }
  return slices;
}

function sliceOf({ groups }: LinkBody): SliceState {
  return { groups: Object.setPrototypeOf(groups, null) as SliceState['groups'] };
}

function bodyOf(bodies: ReadonlyMap<string, string>, attempt: number, part: number): string {
  const sk = linkKey(attempt, part);
  const body = bodies.get(sk);
  if (body === undefined)
    throw new RetriableError(`link ${sk} of a slice is not in the state store; the work that needs it will be tried again`);
  return body;
}

/** Whether a link of `length` more makes the chain so long that it is merged: what is written stays within twice what must be. */
export function isCompactionDue([, , , baseLength, deltaLength]: SliceHead, length: number, compactLength: number): boolean {
  return deltaLength + length > Math.max(compactLength, baseLength);
}

/**
 * Generations that may hold items of a slice: a merge that failed leaves the next one, one whose cleaning up failed the one
 * before. A slice of one link was never merged.
 */
export function generationsOf([, generation, , , deltaLength]: SliceHead): number[] {
  if (generation === 0 && deltaLength === 0) return [0];
  return Array.from({ length: generation + 2 }, (_, i) => i);
}
