/** Start of the epoch-aligned tile of width `sizeMs` that holds `ms` (epoch ms, negative before 1970): the greatest multiple at or below it. */
export function floorTo(ms: number, sizeMs: number): number {
  return Math.floor(ms / sizeMs) * sizeMs;
}
