import type { CelValue } from './types.ts';

/** Whether two values of one type are equal; NaN is not equal to itself. */
export function equal(a: CelValue, b: CelValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && equal(value, b.get(key) ?? false));
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    const [left, right] = [a as readonly CelValue[], b as readonly CelValue[]];
    return left.length === right.length && left.every((value, i) => equal(value, right[i] ?? false));
  }
  return false;
}

/** Whether a list has a value. */
export function includes(list: readonly CelValue[], value: CelValue): boolean {
  return list.some((one) => equal(one, value));
}

/** A map of entries; undefined if a key is there twice. */
export function mapOf(entries: readonly (readonly [CelValue, CelValue])[]): ReadonlyMap<CelValue, CelValue> | undefined {
  const map = new Map(entries);
  return map.size === entries.length ? map : undefined;
}

/** The greatest of some numbers. */
export function greatest(first: number | bigint, ...others: readonly (number | bigint)[]): number | bigint {
  return others.reduce((best, one) => pick(one, best, one > best), first);
}

/** The least of some numbers. */
export function least(first: number | bigint, ...others: readonly (number | bigint)[]): number | bigint {
  return others.reduce((best, one) => pick(one, best, one < best), first);
}

/** The element at an index from 0; undefined if there is none. */
export function elementAt(list: readonly CelValue[], index: number | bigint): CelValue | undefined {
  return list[Number(index)];
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** A bool as a text says it; undefined for any other text. */
export function boolOfText(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

/** A double as a text says it; undefined if it says none. */
export function doubleOfText(text: string): number | undefined {
  if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return Number.NaN;
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinite === null) return undefined;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** ASCII letters in lower case; others stay. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** ASCII letters in upper case; others stay. */
export function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function pick<T>(a: T, b: T, isFirst: boolean): T {
  return isFirst ? a : b;
}
