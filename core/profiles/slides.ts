import type { Ring, Stride, Total } from './rings.ts';

/**
 * What a window of a ring held when it was read last: windows slide forwards, so that the next read takes away what has left it and looks at nothing
 * else. Counts and sums only, since nothing else can be taken away again.
 */
export interface Slide {
  /** Tiles of the window. */
  readonly width: number;
  /** Number of its first tile. */
  from: number;
  /** Index in the ring of the first tile inside; everything behind it is inside too. */
  at: number;
  count: number;
  sum: number;
}

/** One event that was just added to a ring. */
export interface SlideAdded {
  readonly tile: number;
  readonly amount: number;
  /** Index of the tile, if it is a new one. */
  readonly insertedAt: number | undefined;
}

/** Total of the tiles from `from` on, where `to` is the newest or later; undefined where sums are past what numbers hold. */
export function slideTotal(ring: Ring, stride: Stride, [from, to]: readonly [number, number]): Total | undefined {
  const width = to - from;
  ring.slides ??= [];
  const { slides } = ring;
  let slide = slides.find((one) => one.width === width);
  if (slide === undefined || from < slide.from) {
    const fresh: Slide = { width, from, at: ring.length, count: 0, sum: 0 };
    while (fresh.at > 0 && (ring[fresh.at - stride] as number) >= from) {
      fresh.at -= stride;
      if (!count(ring, stride, fresh, 1)) return undefined;
    }
    if (slide === undefined) slides.push(fresh);
    else slides[slides.indexOf(slide)] = fresh;
    slide = fresh;
  }
  for (; slide.at < ring.length && (ring[slide.at] as number) < from; slide.at += stride) {
    if (!count(ring, stride, slide, -1)) return undefined;
  }
  slide.from = from;
  return { count: slide.count, sum: slide.sum };
}

/** Counts the tile at the slide's place in or out; false, and nothing is known any more, where its sum is no exact number. */
function count(ring: Ring, stride: Stride, slide: Slide, sign: 1 | -1): boolean {
  slide.count += sign * (ring[slide.at + 1] as number);
  if (stride < 3) return true;
  const sum = ring[slide.at + 2];
  slide.sum = typeof sum === 'number' ? slide.sum + sign * sum : Number.NaN;
  return isExact(ring, slide);
}

/** Keeps slides true once an event was added. */
export function addToSlides(ring: Ring, stride: Stride, { tile, amount, insertedAt }: SlideAdded): void {
  for (const slide of ring.slides ?? []) {
    const isInside = tile >= slide.from;
    if (insertedAt !== undefined && (insertedAt < slide.at || (insertedAt === slide.at && !isInside))) slide.at += stride;
    if (!isInside) continue;
    slide.count += 1;
    slide.sum += amount;
    if (!isExact(ring, slide)) return;
  }
}

/** Keeps slides true once the first `gone` entries of a ring were dropped. */
export function slideExpired(ring: Ring, gone: number): void {
  if (ring.slides === undefined) return;
  for (const slide of ring.slides) slide.at -= gone;
  if (ring.slides.some(({ at }) => at < 0)) ring.slides = undefined;
}

function isExact(ring: Ring, { sum }: Slide): boolean {
  if (Number.isSafeInteger(sum)) return true;
  ring.slides = undefined;
  return false;
}
