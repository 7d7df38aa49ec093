import type { Position } from '../model.ts';
import type { RingStates } from '../profiles/rings.ts';
import type { SessionState } from '../windows/sessions.ts';
import { emptyIdMemory, type IdMemory } from './ids.ts';

/** State of one partition key. */
export interface ProfileState {
  readonly schema: 1;
  /** Highest position folded in, by shard. */
  hi: Record<string, Position>;
  ids: IdMemory;
  rings: RingStates;
  /** Open sessions by aggregate, then group key. */
  sessions: Record<string, Record<string, SessionState[]>>;
}

/** A key that was never seen. */
export function newProfile(): ProfileState {
  return { schema: 1, hi: {}, ids: emptyIdMemory(), rings: {}, sessions: {} };
}

/** Reads a stored profile. */
export function parseProfile(body: string): ProfileState {
  return JSON.parse(body) as ProfileState;
}
