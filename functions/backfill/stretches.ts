import type { Span } from './plan-record.ts';

const HOUR_MS = 3_600_000;

/** Cuts a span of whole hours into at most so many parts of one length, but for the last: so that an instant tells its part. */
export function stretches({ fromMs, toMs }: Span, wanted: number): Span[] {
  const lengthMs = Math.max(1, Math.ceil((toMs - fromMs) / HOUR_MS / Math.max(1, wanted))) * HOUR_MS;
  const count = Math.max(1, Math.ceil((toMs - fromMs) / lengthMs));
  return Array.from({ length: count }, (_, i) => ({ fromMs: fromMs + i * lengthMs, toMs: Math.min(toMs, fromMs + (i + 1) * lengthMs) }));
}

/** Index of the part that an instant lies in; what lies before or behind all of them belongs to the first or the last. */
export function stretchOf(spans: readonly Span[], ms: number): number {
  const { fromMs, lengthMs } = shapeOf(spans);
  return Math.max(0, Math.min(spans.length - 1, Math.floor((ms - fromMs) / lengthMs)));
}

/** The same in SQL, of an expression that is epoch ms. */
export function stretchSql(spans: readonly Span[], ms: string): string {
  const { fromMs, lengthMs } = shapeOf(spans);
  return `greatest(0, least(${spans.length - 1}, (${ms} - ${fromMs}) // ${lengthMs}))`;
}

function shapeOf([first]: readonly Span[]): { readonly fromMs: number; readonly lengthMs: number } {
  return first === undefined ? { fromMs: 0, lengthMs: 1 } : { fromMs: first.fromMs, lengthMs: first.toMs - first.fromMs };
}
