import type { Clock, ObjectStore } from '../../core/ports.ts';
import type { RuleChange } from '../../core/rules/schedule.ts';
import type { JudgingPipeline } from './book.ts';
import { newestSet } from './change.ts';
import { assertVersions, differencesOf } from './difference.ts';
import { appendChange, readLog } from './log.ts';
import { allSets, keepSet } from './sets.ts';

/** When files of rules are taken over, and by whom. */
export interface Adoption {
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly by: string;
  /** First event time that they are for; null while no event was judged. */
  readonly fromMs: number | null;
}

/**
 * Puts the files of a pipeline's folder in force where they are others than those that were taken over last, while no processor runs; what
 * commands have changed since then stays as long as the files do. Undefined if nothing changes. Throws UsageError.
 */
export async function adoptFiles(
  { pipeline, rules }: JudgingPipeline,
  { objects, clock, by, fromMs }: Adoption,
): Promise<RuleChange | undefined> {
  if (pipeline.decision === undefined) return undefined;
  const log = await readLog(objects);
  if (log.findLast(({ kind, source }) => kind === 'active' && source === 'files')?.version === rules.version) return undefined;
  assertVersions(await allSets(objects), rules);
  await keepSet(objects, rules);
  const base = await newestSet(objects, log);
  const change: RuleChange = {
    ...{ kind: 'active', version: rules.version, source: 'files', by, atMs: clock() },
    ...{ why: 'the files of the pipeline', fromMs: log.length === 0 ? null : fromMs },
    changes: base === undefined ? [] : differencesOf(base, rules),
  };
  await appendChange(objects, () => change);
  return change;
}
