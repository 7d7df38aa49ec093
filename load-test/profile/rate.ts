import type { Profile } from './schema.ts';

/** A stretch of time in which the rate is a straight line; events per second, ms from the start. */
export interface RateSegment {
  readonly startMs: number;
  readonly endMs: number;
  readonly from: number;
  readonly to: number;
}

/** The rate of a profile with its bursts, segment by segment from 0 to its end; none for a replay. */
export function rateSegments({ phases = [], bursts }: Pick<Profile, 'phases' | 'bursts'>): RateSegment[] {
  const plain = phases.map(({ start_s, end_s, rate }): RateSegment => {
    const [from, to] = typeof rate === 'number' ? [rate, rate] : [rate.from, rate.to];
    return { startMs: start_s * 1000, endMs: end_s * 1000, from, to };
  });
  return bursts === undefined ? plain : plain.flatMap((segment) => withBursts(segment, bursts));
}

/** Cuts a segment where bursts begin and end. */
function withBursts(segment: RateSegment, bursts: NonNullable<Profile['bursts']>): RateSegment[] {
  const [everyMs, forMs] = [bursts.every_s * 1000, Math.min(bursts.for_s, bursts.every_s) * 1000];
  const cuts = [segment.startMs];
  for (let k = Math.floor(segment.startMs / everyMs); k * everyMs < segment.endMs; k++) {
    cuts.push(...[k * everyMs, k * everyMs + forMs].filter((at) => at > segment.startMs && at < segment.endMs));
  }
  return cuts.map((startMs, i) => {
    const endMs = cuts[i + 1] ?? segment.endMs;
    const factor = startMs % everyMs < forMs ? bursts.factor : 1;
    return { startMs, endMs, from: factor * rateAt(segment, startMs), to: factor * rateAt(segment, endMs) };
  });
}

function rateAt({ startMs, endMs, from, to }: RateSegment, atMs: number): number {
  return from + ((to - from) * (atMs - startMs)) / (endMs - startMs);
}

/** Events that a schedule offers in the mean. */
export function expectedEvents(segments: readonly RateSegment[]): number {
  return segments.reduce((sum, segment) => sum + areaOf(segment), 0);
}

/** When a schedule ends, ms from its start. */
export function endMsOf(segments: readonly RateSegment[]): number {
  return segments.at(-1)?.endMs ?? 0;
}

/** Events of a whole segment in the mean. */
export function areaOf({ startMs, endMs, from, to }: RateSegment): number {
  return ((from + to) / 2) * ((endMs - startMs) / 1000);
}
