import { userInfo } from 'node:os';
import type { Clock, ObjectStore, StateStore } from '../../core/ports.ts';
import { shardsPk } from '../../core/state/keys.ts';
import { parseShard } from '../../core/state/shard.ts';
import { adoptFiles } from '../../lake/rules/adopt.ts';
import { type JudgingPipeline, openRuleBook, type RuleBook } from '../../lake/rules/book.ts';

/** What the rules of one machine are opened with. */
export interface RulePorts {
  readonly store: StateStore;
  readonly objects: ObjectStore;
  readonly streamEpoch: string;
  readonly clock: Clock;
}

/** Opens the rules of a machine that judges nothing yet: changed files of its folder are in force for what comes behind the newest event. */
export async function openRules(loaded: JudgingPipeline, { store, objects, streamEpoch, clock }: RulePorts): Promise<RuleBook> {
  const shards = (await store.query(shardsPk(streamEpoch))).map(({ body }) => parseShard(body));
  const newest = shards.flatMap(({ maxEventMs }) => (maxEventMs === null ? [] : [maxEventMs]));
  const fromMs = newest.length === 0 ? null : Math.max(...newest) + 1;
  await adoptFiles(loaded, { objects, clock, by: userInfo().username, fromMs });
  return openRuleBook(loaded, objects, clock);
}
