import { type FeatureSpec, readsExplained, rememberedBy } from '../../core/definition/features.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import type { Reach } from './draft.ts';
import { conditionOf, readsOf } from './explained.ts';

const DAY_MS = 86_400_000;

/** How far around an event others can matter to a feature of it: its own window, and what its values were made of. */
export function reachOf(pipeline: Pipeline, spec: FeatureSpec): Reach {
  const { windowMs, tileMs } = spec;
  const made = madeOf(pipeline, spec).map((name) => reachOf(pipeline, pipeline.features[name] as FeatureSpec));
  const beforeMs = Math.max(0, ...made.map((one) => one.beforeMs)) + (readsExplained(spec) ? memoryMsOf(pipeline) : 0);
  // Of a key what came before counts though it is later in the same tile.
  const afterMs = Math.max(tileMs, ...made.map((one) => one.afterMs));
  return { beforeMs: windowMs + tileMs + (spec.kind === 'tile' ? spec.delayMs : 0) + beforeMs, afterMs };
}

/** Names of the features that a value is made of. */
export function madeOf(pipeline: Pipeline, spec: FeatureSpec): string[] {
  const base = rememberedBy(spec);
  return [...(base === undefined ? [] : [base]), ...(readsExplained(spec) ? readsOf(conditionOf(pipeline)) : [])];
}

function memoryMsOf({ decision }: Pipeline): number {
  return (decision?.labels?.explained?.rememberMs ?? 0) + DAY_MS;
}
