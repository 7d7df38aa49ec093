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

type Sessions = ProfileState['sessions'];

/** A profile as stored: two lines of JSON, the sessions first, because the closer reads nothing else and reads them of every key. */
export function encodeProfile({ sessions, ...rest }: ProfileState): string {
  return `${JSON.stringify(sessions)}\n${JSON.stringify(rest)}`;
}

/** Reads a stored profile. */
export function parseProfile(body: string): ProfileState {
  const rest = JSON.parse(body.slice(body.indexOf('\n') + 1)) as Omit<ProfileState, 'sessions'>;
  return { ...rest, sessions: parseSessions(body) };
}

/** Reads only the open sessions of a stored profile, by aggregate, then group key. */
export function parseSessions(body: string): Sessions {
  return JSON.parse(body.slice(0, body.indexOf('\n'))) as Sessions;
}
