import type { FigureReport } from './report.ts';
import type { Spread } from './stats.ts';

/** A ratio as it was kept, with the share of it that may be missing before it counts as lost. */
export interface KeptRatio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly noise: number;
}

/** The committed file: ratios by name, and how they were measured. */
export interface KeptRatios {
  readonly command: string;
  readonly machine: string;
  readonly ratios: Readonly<Record<string, KeptRatio>>;
}

/** Shared machines move even a ratio by this much from one run to the next: between two runs of one evening that of the handler fell from 0.48 to 0.29. */
const NOISE_LEAST = 0.5;
/** A bound wider than this would guard nothing. */
const NOISE_MOST = 0.6;
/** The spread of a few repeats says less than there is. */
const SPREAD_TIMES = 2;

/** A measured ratio as it is kept. */
export function keptOf({ median, least, most }: Spread): KeptRatio {
  const spread = Math.max((median - least) / median, (most - median) / median);
  const noise = Math.min(NOISE_MOST, Math.max(NOISE_LEAST, SPREAD_TIMES * spread));
  const [a, b, c, d] = [median, least, most, noise].map((value) => Number(value.toPrecision(3)));
  return { median: a ?? median, least: b ?? least, most: c ?? most, noise: d ?? noise };
}

/** Ratios that are lost beyond noise, one line each. A ratio that cannot be measured here is none; one that was never kept neither. */
export function lossesOf(kept: KeptRatios, figures: readonly FigureReport[]): string[] {
  return figures.flatMap(({ name, spread }) => {
    const before = kept.ratios[name];
    if (before === undefined || spread === undefined) return [];
    const bound = before.median * (1 - before.noise);
    if (spread.median >= bound) return [];
    return [`${name}: ${spread.median.toFixed(3)}, kept ${before.median}, lost below ${bound.toFixed(3)}`];
  });
}
