import type { ExactInteger } from '../aggregates/exact.ts';
import { meanOf } from '../aggregates/sums.ts';
import type { FeatureSpec } from '../definition/features.ts';
import type { Pipeline } from '../definition/pipeline.ts';

/** Turns what a window holds into the feature's value. */
export type Measure = (count: number, sum: ExactInteger) => number | null;

/** Value of a feature in real units: a count or sum is 0 for no events, a mean is null. Sums past 2^53 are rounded once. */
export function measureOf(pipeline: Pipeline, spec: FeatureSpec): Measure {
  const field = pipeline.eventTypes[spec.over]?.fields[spec.field ?? ''];
  const unit = field?.kind === 'fixed' ? 10 ** field.scale : 1;
  if (spec.measure === 'count') return (count) => count;
  if (spec.measure === 'mean') return (count, sum) => meanOf(sum, count, unit);
  return (_count, sum) => meanOf(sum, 1, unit);
}
