import { DISTINCT_EXACT_MAX } from '../../core/aggregates/distinct.ts';
import { type FeatureSpec, readsExplained, rememberedBy } from '../../core/definition/features.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import { madeOf } from './reach.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** A span in the largest unit that it is whole in, such as `30 d`. */
export function spanText(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, one]) => ms % one === 0) ?? ['ms', 1];
  return `${ms / unitMs} ${unit}`;
}

/** Fields that must be equal in the event and in those that count for it. */
export function equalFields(pipeline: Pipeline, spec: FeatureSpec): string[] {
  return spec.kind === 'tile' ? [spec.by] : [pipeline.eventTypes[spec.over]?.key ?? '', ...spec.per];
}

/** What a feature counts, in sentences: those events, that window. */
export function meaningLines(pipeline: Pipeline, spec: FeatureSpec): string[] {
  const [window, tile] = [spanText(spec.windowMs), spanText(spec.tileMs)];
  const events = `${spec.over} events with the same ${equalFields(pipeline, spec).join(', ')}`;
  if (spec.kind === 'tile') {
    const end = `b = floor(t - ${spanText(spec.delayMs)}, ${tile})`;
    return [`Of an event at time t it is over ${events} whose event time is in`, `[b - ${window}, b), ${end}.`];
  }
  return [
    `Of an event at time t it is over ${events} that came before it and`,
    `whose event time is in [floor(t, ${tile}) - ${window}, floor(t, ${tile}) + ${tile}).`,
  ];
}

/** Where the query may say something else than the stream said; each a sentence. */
export function assumptions(pipeline: Pipeline, name: string): string[] {
  const spec = pipeline.features[name];
  if (spec === undefined) return [];
  const all = [spec, ...madeOf(pipeline, spec).flatMap((one) => pipeline.features[one] ?? [])];
  return [
    ...(all.some(({ kind }) => kind === 'key') || readsExplained(spec)
      ? ['What came before is told by sequence number: the events of a key are taken to have come over one shard, in that order.']
      : []),
    ...(spec.kind === 'tile'
      ? ['All tiles are taken to be closed by then; where the stream lagged, decisions.tile_frontier says how far they were.']
      : []),
    ...[...new Set(all.flatMap((one) => (one.kind === 'key' ? one.per : [])))].map(
      (field) => `The stream remembers the latest 256 values of ${field} that a key had, the query all.`,
    ),
    ...(readsExplained(spec) ? ['Of a key the stream remembers the latest 256 events that explain frauds, the query all.'] : []),
    ...(all.some(({ measure }) => measure === 'distinct')
      ? [`The stream counts up to ${DISTINCT_EXACT_MAX} values exactly and estimates more; the query counts all.`]
      : []),
    ...(all.some(({ measure }) => measure === 'stddev')
      ? ['The stream computes it from exact sums, the query in doubles: nine digits agree.']
      : []),
    ...(rememberedBy(spec) === undefined ? [] : [`Each event is taken with the value that ${rememberedBy(spec)} had when it came.`]),
  ];
}
