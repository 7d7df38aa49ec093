import type { FaultLimits } from './faults.ts';

/** What of the schedule of a seed is played: everything, or less, to make a failing one small. */
export interface Limits extends FaultLimits {
  readonly eventsMax: number;
  readonly reshardsMax: number;
}

export const NO_LIMITS: Limits = {
  eventsMax: Number.MAX_SAFE_INTEGER,
  reshardsMax: Number.MAX_SAFE_INTEGER,
  without: [],
  faultsMax: Number.MAX_SAFE_INTEGER,
  skip: [],
};
