import type { Lane, Position } from '../model.ts';
import type { RingStates } from '../profiles/rings.ts';
import type { SessionState } from '../windows/sessions.ts';
import { emptyIdMemory, type IdMemory } from './ids.ts';
import { Part } from './part.ts';

/** Open sessions by aggregate, then group key. */
export type Sessions = Record<string, Record<string, SessionState[]>>;

/** What was made of one event, for the retries of the batch it came in. Features are those its decision was made with, if it had one. */
export interface RecordedVerdict {
  readonly at: Position;
  readonly lane: Lane;
  readonly features?: Readonly<Record<string, number | null>>;
  /** Of a label that was accepted: whether it was an explained fraud. */
  readonly explained?: boolean;
}

/** State of one partition key. */
export interface ProfileState {
  readonly schema: 1;
  /** Highest position folded in, by shard. */
  readonly hi: Record<string, Position>;
  /**
   * Verdicts of the newest batch of each shard that touched the key. Swapping the profile is what decides: rows are delivered after it,
   * and a retry takes the verdicts from here, whatever other shards have done to the key since.
   */
  readonly verdicts: Record<string, RecordedVerdict[]>;
  readonly ids: IdMemory;
  readonly rings: Part<RingStates>;
  readonly sessions: Part<Sessions>;
}

/** A key that was never seen. */
export function newProfile(): ProfileState {
  return { schema: 1, hi: {}, verdicts: {}, ids: emptyIdMemory(), rings: Part.of({}), sessions: Part.of({}) };
}

/**
 * A profile as stored: a line of JSON for the sessions, one for the rings, one for the rest. The sessions come first, because the
 * closer reads nothing else and reads them of every key; events that feed neither (labels) leave both lines as they are.
 */
export function encodeProfile({ sessions, rings, ...rest }: ProfileState): string {
  return `${sessions.encode()}\n${rings.encode()}\n${JSON.stringify(rest)}`;
}

/** Reads a stored profile. */
export function parseProfile(body: string): ProfileState {
  const [sessions = '', rings = '', rest = ''] = body.split('\n');
  return { ...(JSON.parse(rest) as Omit<ProfileState, 'sessions' | 'rings'>), sessions: Part.parse(sessions), rings: Part.parse(rings) };
}

/** Reads only the open sessions of a stored profile. */
export function parseSessions(body: string): Sessions {
  return JSON.parse(body.slice(0, body.indexOf('\n'))) as Sessions;
}
