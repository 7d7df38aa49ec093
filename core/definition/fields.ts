/** How one event field looks on the wire and inside. */
export type FieldSpec = FieldKind & {
  /** Present when the field tells of the person behind the key, and what erasure does with it in their events. */
  readonly personal?: Personal;
};

/**
 * What erasure does with a field: `drop` takes it out; `pseudonym` puts another text in its place, the same one for the same value of the
 * same key, so that what is counted by it within that key stays.
 */
export type Personal = 'drop' | 'pseudonym';

type FieldKind =
  | { readonly kind: 'string'; readonly optional: boolean; readonly maxLength: number }
  | { readonly kind: 'time'; readonly optional: boolean }
  | { readonly kind: 'money'; readonly optional: boolean; readonly currencyField: string }
  | { readonly kind: 'currency'; readonly optional: boolean }
  | { readonly kind: 'boolean'; readonly optional: boolean }
  | { readonly kind: 'integer'; readonly optional: boolean }
  | { readonly kind: 'fixed'; readonly optional: boolean; readonly scale: number };

interface Optional {
  /** True when an event may leave the field out (or send null). */
  readonly optional?: boolean;
  /** Set when the field tells of the person behind the key: what `headrace forget` does with it. `drop` is for optional fields that nothing depends on. */
  readonly personal?: Personal;
}

function marks({ optional = false, personal }: Optional): { readonly optional: boolean; readonly personal?: Personal } {
  return personal === undefined ? { optional } : { optional, personal };
}

/** Longest text field, UTF-16 units, unless a field says otherwise: long enough for any identifier, short enough for state items. */
export const DEFAULT_TEXT_LENGTH_MAX = 256;

/** Text of 1..maxLength UTF-16 units. */
export function text(options: Optional & { readonly maxLength?: number } = {}): FieldSpec {
  return { kind: 'string', ...marks(options), maxLength: options.maxLength ?? DEFAULT_TEXT_LENGTH_MAX };
}

/** RFC 3339 time in UTC; inside, epoch ms (finer digits are cut off). */
export function time(options: Optional = {}): FieldSpec {
  return { kind: 'time', ...marks(options) };
}

/** Exact money, a JSON string or number; inside, integer minor units of the currency in `currencyField`. */
export function money(options: Optional & { readonly currencyField: string }): FieldSpec {
  return { kind: 'money', ...marks(options), currencyField: options.currencyField };
}

/** ISO 4217 alphabetic code. */
export function currency(options: Optional = {}): FieldSpec {
  return { kind: 'currency', ...marks(options) };
}

/** JSON true or false. */
export function flag(options: Optional = {}): FieldSpec {
  return { kind: 'boolean', ...marks(options) };
}

/** Safe integer. */
export function integer(options: Optional = {}): FieldSpec {
  return { kind: 'integer', ...marks(options) };
}

/** Exact decimal with at most `scale` digits after the point (0..9); inside, the integer value times 10^scale. */
export function fixed(options: Optional & { readonly scale: number }): FieldSpec {
  return { kind: 'fixed', ...marks(options), scale: options.scale };
}
