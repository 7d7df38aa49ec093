import type { Aggregate, Pipeline } from '../../core/definition/pipeline.ts';
import type { Plan } from '../../core/plan.ts';
import { FEW_GROUPS, LABEL_SHARE } from './constants.ts';

/** One stored slice of an aggregate, as far as its size and its writes go. */
export interface SliceShape {
  readonly name: string;
  readonly sliceS: number;
  /** Slices that one closing window reads. */
  readonly slicesOfWindow: number;
  readonly groups: number;
}

/** What a pipeline definition makes the state and the lake do. */
export interface PipelineShape {
  readonly name: string;
  readonly slices: readonly SliceShape[];
  /** Session aggregates; they live in profiles and timers. */
  readonly sessions: readonly string[];
  /** Tables of event types, with their rows for each event. */
  readonly eventTables: readonly { readonly table: string; readonly share: number }[];
  readonly isJudged: boolean;
  /** How long one may look back, days. */
  readonly generationsDays: number;
}

/**
 * Reads the shape off a compiled pipeline; `manyGroups` is the number of groups of an aggregate by identifiers. Tiles of features are left out: labels, declined payments and payments with a payee write them, in cards far below a hundredth of all writes.
 */
export function shapeOf({ pipeline, families, sessions }: Plan, manyGroups: number): PipelineShape {
  const types = Object.entries(pipeline.eventTypes);
  const main = pipeline.decision?.over ?? types[0]?.[0];
  return {
    name: pipeline.name,
    slices: families.flatMap(({ name, sliceMs, reachMs, aggregate }) => {
      if (aggregate === undefined) return [];
      const groups = isByIdentifier(pipeline, aggregate) ? manyGroups : FEW_GROUPS;
      return [{ name, sliceS: sliceMs / 1000, slicesOfWindow: reachMs / sliceMs, groups }];
    }),
    sessions: sessions.map(({ aggregate }) => aggregate.name),
    eventTables: types.map(([name, { table }]) => ({ table, share: name === main ? 1 : LABEL_SHARE })),
    isJudged: pipeline.decision !== undefined,
    generationsDays: pipeline.lake.generationsDays,
  };
}

/** Whether an aggregate groups by a text that every event has, such as a terminal: places and channels may be missing. */
export function isByIdentifier({ eventTypes }: Pipeline, { over, groupBy }: Aggregate): boolean {
  const fields = eventTypes[over]?.fields ?? {};
  return groupBy.some(({ field }) => fields[field]?.kind === 'string' && !fields[field].optional);
}
