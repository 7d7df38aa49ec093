import type { StoredObject } from '../../core/ports.ts';
import { LakeError } from '../errors.ts';
import { firstLossOf } from '../generations/loss.ts';
import { type Attempt, type Manifest, publishedOf } from '../generations/manifest.ts';
import { isDropped, type PartitionState } from '../generations/state.ts';
import { partitionStartMs } from '../names.ts';
import { isPast } from '../retention.ts';
import type { TableSchema } from '../schema.ts';

/** When a partition is worth compacting. */
export interface DuePolicy {
  /** Time after the end of its hour before which a partition is left alone: rows of that hour still come. */
  readonly settleMs: number;
  /** Time without a new landing file. */
  readonly quietMs: number;
  /** Longest that a landing file waits though others keep coming. */
  readonly waitMaxMs: number;
}

/** What is to be done with a partition, and why. */
export type Due = { readonly action: 'compact' | 'wait' | 'none' | 'damaged' | 'failed'; readonly reason: string };

const HOUR_MS = 3_600_000;
/** Time that a partition whose generation was refused by the witness is left alone: a person has to look. */
const FAILED_REST_MS = 24 * HOUR_MS;

/** Longest that a function runs: a try younger than this may be at work. */
const AT_WORK_MS = HOUR_MS / 4;
/** Tries that died: after so many a partition is left alone until the sweep has forgotten them, for the next one would only keep the others waiting. */
const CUT_OFF_MAX = 3;

/** When functions compact by themselves: half an hour after the hour, once nothing has landed for ten minutes, within an hour at most. */
export const USUAL_POLICY: DuePolicy = { settleMs: HOUR_MS / 2, quietMs: HOUR_MS / 6, waitMaxMs: HOUR_MS };

/** When a person says so: whatever has landed is compacted. */
export const NOW_POLICY: DuePolicy = { settleMs: Number.NEGATIVE_INFINITY, quietMs: 0, waitMaxMs: 0 };

/** Landing files that the published generation does not include. */
export function uncoveredOf({ manifest, landing }: PartitionState): StoredObject[] {
  const covered = new Set(manifest === undefined ? [] : publishedOf(manifest.value)?.covers);
  return landing.filter(({ key }) => !covered.has(key.slice(key.lastIndexOf('/') + 1)));
}

/** Tries that nobody may be at work on any more, and that nobody has given up: their process was killed. */
function cutOffOf({ attempts }: Manifest, nowMs: number): readonly Attempt[] {
  return attempts.filter(({ failure, startedMs }) => failure === undefined && nowMs - startedMs >= AT_WORK_MS);
}

/** Whether a try may be at work on a partition. */
export function isAtWork({ attempts }: Manifest, nowMs: number): boolean {
  return attempts.some(({ failure, startedMs }) => failure === undefined && nowMs - startedMs < AT_WORK_MS);
}

/** Why a partition is left to people, whose tries come to nothing; undefined if it is not. */
export function restOf(manifest: Manifest, nowMs: number): string | undefined {
  const failed = manifest.attempts.find(({ failure, startedMs }) => failure !== undefined && nowMs - startedMs < FAILED_REST_MS);
  if (failed !== undefined) return `generation ${failed.number} was refused: ${failed.failure}`;
  const cutOff = cutOffOf(manifest, nowMs).length;
  if (cutOff < CUT_OFF_MAX) return undefined;
  const remedy =
    'Run headrace compact; of a stack, raise compactionMb in infra/sizes.ts before: it takes longer, or more memory, than the function has.';
  return new LakeError('TOO_SLOW', `${cutOff} tries to compact this hour were cut off before they ended. ${remedy}`).message;
}

/** By what it is decided. */
export interface DueOptions {
  readonly policy: DuePolicy;
  readonly nowMs: number;
}

/** Whether a partition is to be compacted at `nowMs`. */
export function dueOf(table: TableSchema, state: PartitionState, { policy, nowMs }: DueOptions): Due {
  if (isDropped(state)) return { action: 'none', reason: 'it has left its table' };
  if (isPast(table, state.partition, nowMs))
    return { action: 'none', reason: `it is older than ${table.keptDays} days and leaves its table` };
  if (state.damage !== undefined) return { action: 'damaged', reason: state.damage.error.message };
  const published = state.manifest === undefined ? undefined : publishedOf(state.manifest.value);
  const loss = published === undefined ? undefined : firstLossOf(published, state);
  if (loss !== undefined)
    return {
      action: 'compact',
      reason: `a file of generation ${published?.number} ${loss.fault === 'FILE_UNREADABLE' ? 'cannot be read' : 'is lost'}`,
    };
  const waiting = uncoveredOf(state);
  if (waiting.length === 0) return { action: 'none', reason: 'all that landed is included' };
  const files = `${waiting.length} new landing ${waiting.length === 1 ? 'file' : 'files'}`;
  if (policy.settleMs === Number.NEGATIVE_INFINITY) return { action: 'compact', reason: files };
  const rest = state.manifest === undefined ? undefined : restOf(state.manifest.value, nowMs);
  if (rest !== undefined) return { action: 'failed', reason: rest };
  if (nowMs < partitionStartMs(state.partition) + HOUR_MS + policy.settleMs)
    return { action: 'wait', reason: `${files}; its hour is not settled` };
  const times = waiting.map(({ modifiedMs }) => modifiedMs);
  const isQuiet = nowMs - Math.max(...times) >= policy.quietMs || nowMs - Math.min(...times) >= policy.waitMaxMs;
  return isQuiet ? { action: 'compact', reason: files } : { action: 'wait', reason: `${files}; more may be coming` };
}
