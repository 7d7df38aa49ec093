import { areaOf, type RateSegment } from './rate.ts';

/** Which part of a schedule one producer takes. */
export interface ArrivalOptions {
  /** Part of the rate, above 0, at most 1: a thinned schedule is one of the same kind. */
  readonly share: number;
  readonly arrivals: 'poisson' | 'even';
  /** Exponential with mean 1. */
  readonly exponential: () => number;
  /** Where in the gap between two even arrivals the first one lies, in (0, 1]. */
  readonly offset?: number;
}

/**
 * Arrivals of an open model, ms from the start, rising: times come from the rate alone, never from what the system under load does.
 * They are the points at which the events expected so far (the area under the rate) pass 1, 2, 3 … or independent steps of mean 1.
 */
export class Arrivals {
  private readonly segments: readonly RateSegment[];
  private readonly isEven: boolean;
  private readonly exponential: () => number;
  /** Expected events of the whole schedule between two even arrivals of this part of it. */
  private readonly step: number;
  private at = 0;
  private segment: RateSegment | undefined;
  private area = 0;
  /** Area of the segments before this one. */
  private before = 0;
  private target: number;

  constructor(segments: readonly RateSegment[], { share, arrivals, exponential, offset = 1 }: ArrivalOptions) {
    this.segments = segments;
    this.isEven = arrivals === 'even';
    this.exponential = exponential;
    this.step = 1 / share;
    this.enter(0);
    this.target = this.step * (this.isEven ? offset : exponential());
  }

  /** The next arrival, ms from the start; Infinity when the schedule is over. */
  next(): number {
    const { target } = this;
    while (target > this.before + this.area) {
      if (this.segment === undefined) return Number.POSITIVE_INFINITY;
      this.before += this.area;
      this.enter(this.at + 1);
    }
    this.target = target + this.step * (this.isEven ? 1 : this.exponential());
    return this.segment === undefined ? Number.POSITIVE_INFINITY : timeOf(this.segment, target - this.before);
  }

  private enter(at: number): void {
    this.at = at;
    this.segment = this.segments[at];
    this.area = this.segment === undefined ? 0 : areaOf(this.segment);
  }
}

/** When the area under a straight line has come to a value: from·t + slope·t²/2 = area, in a form that holds for slope 0 too. */
function timeOf({ startMs, endMs, from, to }: RateSegment, area: number): number {
  if (from === to) return startMs + (1000 * area) / from;
  const slope = (to - from) / ((endMs - startMs) / 1000);
  const root = Math.sqrt(Math.max(0, from * from + 2 * slope * area));
  const divisor = from + root;
  return divisor === 0 ? startMs : Math.min(endMs, startMs + (1000 * 2 * area) / divisor);
}
