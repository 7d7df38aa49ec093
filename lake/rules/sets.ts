import { hash } from 'node:crypto';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import type { ObjectStore } from '../../core/ports.ts';
import { compileRules, type RuleSet } from '../../core/rules/compile.ts';
import { type RuleLog, ScheduledRules, scheduleLength, scheduleName, versionsOf } from '../../core/rules/schedule.ts';
import { encodeRuleSet, parseRuleSet, type RuleSetSource } from '../../core/rules/source.ts';
import { RULES_FOLDER, readLog } from './log.ts';

/** A rule set and its name. */
export interface NamedRules extends RuleSetSource {
  readonly version: string;
}

const SETS_FOLDER = `${RULES_FOLDER}sets/`;
const setKey = (version: string): string => `${SETS_FOLDER}${version}.json`;

/** Version of a rule set that no folder has: twelve hex digits, as those of folders. */
export function versionOf(source: RuleSetSource): string {
  return hash('sha256', encodeRuleSet(source)).slice(0, 12);
}

/** Keeps a rule set; a version always has the same text, so again does no harm. */
export async function keepSet(objects: ObjectStore, { version, ...source }: NamedRules): Promise<void> {
  await objects.putIf(setKey(version), new TextEncoder().encode(encodeRuleSet(source)), undefined);
}

/** A rule set that was kept; undefined if none has that version. */
export async function findSet(objects: ObjectStore, version: string): Promise<NamedRules | undefined> {
  const stored = await objects.get(setKey(version));
  return stored === undefined ? undefined : { version, ...parseRuleSet(new TextDecoder().decode(stored.body)) };
}

/** Every rule set that was ever kept. */
export async function allSets(objects: ObjectStore): Promise<NamedRules[]> {
  const sets: NamedRules[] = [];
  for (const { key } of await objects.list(SETS_FOLDER)) {
    const found = await findSet(objects, key.slice(SETS_FOLDER.length, -'.json'.length));
    if (found !== undefined) sets.push(found);
  }
  return sets;
}

/** Rule sets by the names that contexts and decisions record, compiled once. */
export class RuleSets {
  private readonly objects: ObjectStore;
  private readonly pipeline: Pipeline;
  private readonly own: NamedRules | undefined;
  private readonly compiled = new Map<string, RuleSet>();

  /** `own` is known beside those that were kept: the files of a folder. */
  constructor(objects: ObjectStore, pipeline: Pipeline, own?: NamedRules) {
    this.objects = objects;
    this.pipeline = pipeline;
    this.own = own;
  }

  /** The rule set of a version, or the schedule of a name; undefined if nobody has kept it. Throws UsageError if it does not fit the definition. */
  async of(name: string): Promise<RuleSet | undefined> {
    const known = this.compiled.get(name);
    if (known !== undefined) return known;
    const length = scheduleLength(name);
    if (length === undefined) return this.single(name);
    const log = await readLog(this.objects);
    return log.length < length ? undefined : this.scheduled(log.slice(0, length));
  }

  /** What a log stands for; undefined if a rule set of it is lost. */
  async scheduled(log: RuleLog): Promise<RuleSet | undefined> {
    const name = scheduleName(log);
    if (scheduleLength(name) === undefined) return this.of(name);
    const sets = new Map<string, RuleSet>();
    for (const version of versionsOf(log)) {
      const set = await this.of(version);
      if (set === undefined) return undefined;
      sets.set(version, set);
    }
    return this.remember(name, new ScheduledRules(log, sets));
  }

  private async single(version: string): Promise<RuleSet | undefined> {
    const source = version === this.own?.version ? this.own : await findSet(this.objects, version);
    return source === undefined ? undefined : this.remember(version, compileRules(source, this.pipeline, version));
  }

  private remember(name: string, set: RuleSet): RuleSet {
    this.compiled.set(name, set);
    return set;
  }
}
