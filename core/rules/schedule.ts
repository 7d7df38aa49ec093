import type { Event } from '../model.ts';
import type { RuleSet } from './compile.ts';
import type { Decision, FeatureValues } from './decision.ts';
import type { Explanation } from './explain.ts';

/** One entry of the log of rule changes: from a moment of event time on, events are judged by another rule set. */
export interface RuleChange {
  /** `active`: its verdicts count. `trial`: it judges beside the one that counts, without effects. */
  readonly kind: 'active' | 'trial';
  /** Rule set; null ends a trial. */
  readonly version: string | null;
  /** First event time that it is for, epoch ms; null: all times. Of several entries for a time the last one of the log holds. */
  readonly fromMs: number | null;
  /** Where it came from: the files of the pipeline's folder, or a command. */
  readonly source: 'files' | 'command';
  readonly by: string;
  readonly why: string;
  /** When it was written down, epoch ms. */
  readonly atMs: number;
  /** Who agreed, where two people have to. */
  readonly checkedBy?: string;
  /** Rules and lists that it changes, in words. */
  readonly changes: readonly string[];
}

/** The log so far; entries are never changed or removed. */
export type RuleLog = readonly RuleChange[];

/**
 * Name of the log as it stands, as contexts record it: by it a replay knows what each event was judged by. A log of one entry is named by its
 * version, which is how a pipeline begins.
 */
export function scheduleName(log: RuleLog): string {
  const [first] = log;
  if (first === undefined) return '';
  return log.length === 1 ? (first.version ?? '') : `${log.length}@${log.findLast(({ kind }) => kind === 'active')?.version ?? ''}`;
}

/** Entries of the log that a name stands for; undefined for the name of a single rule set. */
export function scheduleLength(name: string): number | undefined {
  const at = name.indexOf('@');
  return at === -1 ? undefined : Number(name.slice(0, at));
}

/** The rule set of a kind for events of a time; undefined if there is none. */
export function versionAt(log: RuleLog, kind: RuleChange['kind'], eventMs: number): string | undefined {
  for (let at = log.length - 1; at >= 0; at -= 1) {
    const change = log[at];
    if (change?.kind === kind && (change.fromMs === null || change.fromMs <= eventMs)) return change.version ?? undefined;
  }
  return undefined;
}

/** Every rule set that some event may be judged by. */
export function versionsOf(log: RuleLog): string[] {
  return [...new Set(log.flatMap(({ version }) => version ?? []))];
}

/** Judges each event by the rule set in force at its time, and by the one on trial then. */
export class ScheduledRules implements RuleSet {
  readonly version: string;
  private readonly log: RuleLog;
  private readonly sets: ReadonlyMap<string, RuleSet>;

  /** `sets` holds every version of the log. */
  constructor(log: RuleLog, sets: ReadonlyMap<string, RuleSet>) {
    this.version = scheduleName(log);
    this.log = log;
    this.sets = sets;
  }

  get rules(): RuleSet['rules'] {
    return this.newest().rules;
  }

  get lists(): RuleSet['lists'] {
    return this.newest().lists;
  }

  judge(event: Event, features: FeatureValues): Decision {
    const decision = this.inForce(event).judge(event, features);
    const onTrial = versionAt(this.log, 'trial', event.timeMs);
    if (onTrial === undefined) return decision;
    const { outcome, score, fired, failed } = this.setOf(onTrial).judge(event, features);
    const names = { fired: fired.map(({ ruleId }) => ruleId), failed: failed.map(({ ruleId }) => ruleId) };
    return { ...decision, trial: { ruleSet: onTrial, outcome, score, ...names } };
  }

  explain(event: Event, features: FeatureValues): Explanation {
    return this.inForce(event).explain(event, features);
  }

  private inForce(event: Event): RuleSet {
    return this.setOf(versionAt(this.log, 'active', event.timeMs));
  }

  private newest(): RuleSet {
    return this.setOf(this.log.findLast(({ kind }) => kind === 'active')?.version ?? undefined);
  }

  private setOf(version: string | undefined): RuleSet {
    const set = version === undefined ? undefined : this.sets.get(version);
    if (set === undefined) throw new Error(`no rule set ${version} among those of schedule ${this.version}`);
    return set;
  }
}
