import type { Pipeline } from '../../core/definition/pipeline.ts';
import { RetriableError } from '../../core/errors.ts';
import type { Clock, ObjectStore } from '../../core/ports.ts';
import type { RuleSet } from '../../core/rules/compile.ts';
import { scheduleName } from '../../core/rules/schedule.ts';
import { appendChange, LOG_FRESH_MS, markDefinition, readLog } from './log.ts';
import { keepSet, type NamedRules, RuleSets } from './sets.ts';

/** What a processor judges by. */
export interface RuleBook {
  /** Name of what is in force for a new batch, read at most `LOG_FRESH_MS` ago; '' when the pipeline judges nothing. Throws RetriableError. */
  readonly current: () => Promise<string>;
  /** The compiled rules of a recorded name. Throws RetriableError if it is not known. */
  readonly of: (name: string) => Promise<RuleSet | undefined>;
}

/** A pipeline and the rules of its folder. */
export interface JudgingPipeline {
  readonly pipeline: Pipeline;
  readonly rules: NamedRules;
}

/** Opens the book of a pipeline. Where nothing was ever in force the rules of its folder are, from now on and for all times. */
export async function openRuleBook({ pipeline, rules }: JudgingPipeline, objects: ObjectStore, clock: Clock): Promise<RuleBook> {
  if (pipeline.decision === undefined) return { current: async () => '', of: async () => undefined };
  const sets = new RuleSets(objects, pipeline, rules);
  await markDefinition(objects, pipeline.version);
  await begin(objects, rules, clock());
  let name: string | undefined;
  let readMs = 0;
  const current = async (): Promise<string> => {
    if (name !== undefined && isFresh(clock() - readMs)) return name;
    const askedMs = clock();
    const log = await readLog(objects).catch((cause: unknown) => {
      throw new RetriableError(`the log of rule changes cannot be read, and what is known of it is too old: ${String(cause)}`, { cause });
    });
    const next = scheduleName(log);
    // Compiled before a batch is begun with it: one that was begun has to end with it.
    if (next !== name) await known(sets, next);
    name = next;
    readMs = askedMs;
    return next;
  };
  return { current, of: (wanted) => known(sets, wanted) };
}

/** A clock that was set back tells nothing of how old something is. */
function isFresh(ageMs: number): boolean {
  return ageMs >= 0 && ageMs < LOG_FRESH_MS;
}

async function begin(objects: ObjectStore, rules: NamedRules, atMs: number): Promise<void> {
  if ((await readLog(objects)).length > 0) return;
  await keepSet(objects, rules);
  const first = { kind: 'active', source: 'files', by: 'deployment', why: 'first rules', fromMs: null, changes: [] } as const;
  await appendChange(objects, (log) => (log.length > 0 ? undefined : { ...first, version: rules.version, atMs }));
}

async function known(sets: RuleSets, name: string): Promise<RuleSet> {
  const set = await sets.of(name);
  if (set !== undefined) return set;
  throw new RetriableError(`rule set ${name} is not in the lake; a batch was begun with it and must end with it`);
}
