/** How an aggregate cuts event time. Tumbling and hopping windows are epoch-aligned and half-open `[start, end)`. */
export type WindowSpec =
  | { readonly kind: 'tumbling'; readonly sizeMs: number }
  | { readonly kind: 'hopping'; readonly sizeMs: number; readonly advanceMs: number }
  | { readonly kind: 'session'; readonly gapMs: number };

/** Windows of `sizeMs`, one after another. */
export function tumbling(sizeMs: number): WindowSpec {
  return { kind: 'tumbling', sizeMs };
}

/** Windows of `sizeMs` starting every `advanceMs`; `sizeMs` is a multiple of `advanceMs`. */
export function hopping(sizeMs: number, advanceMs: number): WindowSpec {
  return { kind: 'hopping', sizeMs, advanceMs };
}

/** Runs of one partition key's events no further than `gapMs` apart (a distance of exactly `gapMs` still joins). */
export function session(gapMs: number): WindowSpec {
  return { kind: 'session', gapMs };
}
