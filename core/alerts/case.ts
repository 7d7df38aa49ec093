import { breaksSnooze, type Firing, isWorse, type Severity, severityOf, worstOf } from './firing.ts';
import type { Snooze } from './snooze.ts';

/** What becomes of an alert in delivery: told by itself, listed in a summary, held back by a snooze, or over the budget of the day. */
export type Fate = 'told' | 'folded' | 'snoozed' | 'over_budget';

/** A firing as a summary lists it. */
export type Listed = Omit<Firing, 'coolDownMs'>;

/** The time from the first alert that was told of an entity to the end of its cool-down. */
export interface Episode {
  /** Names the case wherever it is spoken of. */
  readonly caseId: string;
  readonly startMs: number;
  /** End of the cool-down, exclusive, epoch ms of processing time. */
  readonly endMs: number;
  /** Alert that was told last. */
  readonly leadId: string;
  readonly worst: Severity;
  /** Rules that fired, and events that were told. */
  readonly rules: readonly string[];
  readonly events: readonly string[];
  /** What is not told yet. */
  readonly folded: readonly Listed[];
  /** Summaries so far. */
  readonly summaries: number;
}

/** What a snooze has held back. */
export interface Snoozing {
  readonly caseId: string;
  readonly startMs: number;
  readonly untilMs: number;
  readonly count: number;
  /** The first of them. */
  readonly listed: readonly Listed[];
}

/** A list of alerts that were not told by themselves, to be delivered. */
export interface Summary {
  /** Equal for repeats; begins with `=`, as no alert does. */
  readonly id: string;
  readonly kind: 'cool-down' | 'snooze';
  readonly caseId: string;
  /** Alert that it belongs to; null after a snooze. */
  readonly follows: string | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly count: number;
  readonly listed: readonly Listed[];
}

/** What was decided about one alert, kept until all of it has been done. */
export interface Decided {
  readonly id: string;
  readonly fate: Fate;
  readonly caseId: string | null;
  /** Processing time of the decision, epoch ms. */
  readonly atMs: number;
  /** Alert of the same case that was told before; null for the first. */
  readonly follows: string | null;
  /** Whether it was told in spite of a snooze. */
  readonly isThroughSnooze: boolean;
  /** Expected loss in minor units of the budget's currency, where there is a budget and the loss is known. */
  readonly lossMinor: number | null;
}

/** All that delivery remembers of one entity. */
export interface CaseState {
  readonly episode: Episode | null;
  readonly snoozing: Snoozing | null;
  /** The worst that was told or snoozed as long as the entity is remembered. */
  readonly known: Severity | null;
  readonly summaries: readonly Summary[];
  readonly decided: readonly Decided[];
}

/** What a decision depends on beside the case. */
export interface Circumstances {
  readonly nowMs: number;
  /** The snooze in force. */
  readonly snooze: Snooze | undefined;
  /** Points that make an alert worse than another one. */
  readonly marginPoints: number;
  /** Name of a case of this entity that begins at a moment. */
  readonly caseIdAt: (startMs: number) => string;
  /** Whether a case may be opened for this firing; asked once, and only for one that opens a case. */
  readonly mayOpen: (firing: Firing) => boolean;
  readonly lossOf: (firing: Firing) => number | null;
}

/** An entity that delivery knows nothing of. */
export const NEW_CASE: CaseState = { episode: null, snoozing: null, known: null, summaries: [], decided: [] };

/** Alerts in one summary: with the longest ids still far below the size of a message; more go out in a summary before the time. */
export const LISTED_MAX = 50;

/** Decides about one firing that was not decided before. */
export function admit(before: CaseState, firing: Firing, now: Circumstances): CaseState {
  const state = closeWhatIsOver(before, now);
  const { snooze } = now;
  const breaks = state.known !== null && breaksSnooze(firing, state.known, now.marginPoints);
  if (snooze !== undefined && !breaks) return snoozed(state, firing, now, snooze);
  const { episode } = state;
  if (episode === null) return opened(state, firing, now);
  return isNews(episode, firing, now) ? followed(state, firing, now, episode) : folded(state, firing, now, episode);
}

/** The case with its episode and snooze closed if they are over, each leaving a summary of what was not told. */
export function closeWhatIsOver(state: CaseState, { nowMs, snooze }: Pick<Circumstances, 'nowMs' | 'snooze'>): CaseState {
  const summaries = [...state.summaries];
  let { episode, snoozing } = state;
  if (episode !== null && nowMs >= episode.endMs) {
    if (episode.folded.length > 0) summaries.push(summaryOf(episode, episode.endMs));
    episode = null;
  }
  if (snoozing !== null && snooze === undefined) {
    if (snoozing.listed.length > 0) summaries.push(snoozeSummaryOf(snoozing, Math.min(nowMs, snoozing.untilMs)));
    snoozing = null;
  }
  return { ...state, episode, snoozing, summaries };
}

/** When something of the case is over, epoch ms; null while nothing waits. */
export function dueOf({ episode, snoozing }: CaseState): number | null {
  const ends = [
    ...(episode !== null && episode.folded.length > 0 ? [episode.endMs] : []),
    ...(snoozing === null ? [] : [snoozing.untilMs]),
  ];
  return ends.length === 0 ? null : Math.min(...ends);
}

/** A rule is news on another event only: what was told of an event has the points of all its rules. */
function isNews({ worst, rules, events }: Episode, firing: Firing, { marginPoints }: Circumstances): boolean {
  if (isWorse(firing, worst, marginPoints)) return true;
  return !rules.includes(firing.ruleId) && !events.includes(firing.eventId);
}

function opened(state: CaseState, firing: Firing, now: Circumstances): CaseState {
  if (!now.mayOpen(firing)) return withDecided(state, firing, now, { fate: 'over_budget', caseId: null, follows: null });
  const caseId = now.caseIdAt(now.nowMs);
  const episode: Episode = {
    caseId,
    startMs: now.nowMs,
    endMs: now.nowMs + firing.coolDownMs,
    leadId: firing.id,
    worst: severityOf(firing),
    rules: [firing.ruleId],
    events: [firing.eventId],
    folded: [],
    summaries: 0,
  };
  return withDecided({ ...state, episode }, firing, now, { fate: 'told', caseId, follows: null });
}

function followed(state: CaseState, firing: Firing, now: Circumstances, before: Episode): CaseState {
  const episode: Episode = {
    ...before,
    endMs: Math.max(before.endMs, now.nowMs + firing.coolDownMs),
    leadId: firing.id,
    worst: worstOf(before.worst, severityOf(firing)),
    rules: with1(before.rules, firing.ruleId),
    events: with1(before.events, firing.eventId),
  };
  return withDecided({ ...state, episode }, firing, now, { fate: 'told', caseId: before.caseId, follows: before.leadId });
}

function folded(state: CaseState, firing: Firing, now: Circumstances, before: Episode): CaseState {
  const episode = { ...before, rules: with1(before.rules, firing.ruleId), folded: [...before.folded, listedOf(firing)] };
  const isFull = episode.folded.length >= LISTED_MAX;
  const next = isFull
    ? {
        ...state,
        summaries: [...state.summaries, summaryOf(episode, now.nowMs)],
        episode: { ...episode, folded: [], summaries: episode.summaries + 1 },
      }
    : { ...state, episode };
  return withDecided(next, firing, now, { fate: 'folded', caseId: before.caseId, follows: before.leadId });
}

function snoozed(state: CaseState, firing: Firing, now: Circumstances, { untilMs }: Snooze): CaseState {
  const before = state.snoozing ?? { caseId: now.caseIdAt(now.nowMs), startMs: now.nowMs, untilMs, count: 0, listed: [] };
  const listed = before.listed.length < LISTED_MAX ? [...before.listed, listedOf(firing)] : before.listed;
  const snoozing = { ...before, untilMs, count: before.count + 1, listed };
  return withDecided({ ...state, snoozing }, firing, now, { fate: 'snoozed', caseId: before.caseId, follows: null });
}

function withDecided(state: CaseState, firing: Firing, now: Circumstances, what: Pick<Decided, 'fate' | 'caseId' | 'follows'>): CaseState {
  const isKnown = what.fate === 'told' || what.fate === 'snoozed';
  const severity = severityOf(firing);
  const decided: Decided = {
    id: firing.id,
    ...what,
    atMs: now.nowMs,
    isThroughSnooze: what.fate === 'told' && now.snooze !== undefined,
    lossMinor: now.lossOf(firing),
  };
  return {
    ...state,
    known: isKnown ? (state.known === null ? severity : worstOf(state.known, severity)) : state.known,
    decided: [...state.decided, decided],
  };
}

function summaryOf({ caseId, startMs, leadId, folded: listed, summaries }: Episode, endMs: number): Summary {
  return {
    ...{ id: `=${caseId}/${summaries}`, kind: 'cool-down', caseId, follows: leadId },
    ...{ startMs, endMs, count: listed.length, listed },
  };
}

function snoozeSummaryOf({ caseId, startMs, count, listed }: Snoozing, endMs: number): Summary {
  return { id: `=${caseId}/snooze`, kind: 'snooze', caseId, follows: null, startMs, endMs, count, listed };
}

/** The case without alerts that are gone, such as those of a person who was erased. */
export function withoutAlerts(state: CaseState, gone: ReadonlySet<string>): CaseState {
  const { episode, snoozing, summaries, decided } = state;
  const kept = (list: readonly Listed[]): readonly Listed[] => list.filter(({ id }) => !gone.has(id));
  return {
    ...state,
    episode: episode === null ? null : { ...episode, folded: kept(episode.folded), leadId: gone.has(episode.leadId) ? '' : episode.leadId },
    snoozing: snoozing === null ? null : { ...snoozing, listed: kept(snoozing.listed) },
    summaries: summaries.flatMap((one) => {
      const listed = kept(one.listed);
      const follows = one.follows !== null && gone.has(one.follows) ? null : one.follows;
      return listed.length === 0 ? [] : [{ ...one, listed, follows, count: one.count - (one.listed.length - listed.length) }];
    }),
    decided: decided.flatMap((one) => {
      if (gone.has(one.id)) return [];
      return [one.follows !== null && gone.has(one.follows) ? { ...one, follows: null } : one];
    }),
  };
}

function listedOf({ coolDownMs: _, ...listed }: Firing): Listed {
  return listed;
}

function with1(list: readonly string[], one: string): readonly string[] {
  return list.includes(one) ? list : [...list, one];
}
