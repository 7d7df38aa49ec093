/** Types of CEL that conditions have: no unsigned ints, bytes, null, messages, nor values whose type is only known later (dyn). */
export type CelType = 'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'duration' | ListType | MapType | SetType | 'nothing';

/** Elements of one type, in an order. `nothing` is the type of the elements of `[]`. */
export interface ListType {
  readonly list: CelType;
}

/** Values of one type by keys of another. */
export interface MapType {
  readonly map: CelType;
  readonly keys: CelType;
}

/** Named elsewhere, such as the cards of a block list: `in` and `size` can be asked. */
export interface SetType {
  readonly set: CelType;
}

/**
 * Values as compiled expressions compute with them: an int is a number while |int| < 2^53 and a bigint from there on; timestamps are epoch
 * milliseconds, durations milliseconds.
 */
export type CelValue = boolean | number | bigint | string | readonly CelValue[] | ReadonlyMap<CelValue, CelValue> | CelSet;

/** Something that can be asked whether it has a value. */
export interface CelSet {
  readonly size: number;
  has(value: unknown): boolean;
}

/** What a number counts, such as `money`: two values of different units are not added or compared. */
export type Unit = string;

/** A name that an expression may use. */
export interface CelVariable {
  /** As it is written: `event.amount_minor`. */
  readonly path: string;
  readonly type: CelType;
  readonly unit?: Unit | undefined;
  /** Where its value stands in the array that an expression is evaluated over; undefined there means that it is absent. */
  readonly index: number;
  /** Whether it always has a value. */
  readonly isRequired?: boolean | undefined;
  /** What the absence of its value is called. */
  readonly absence?: string | undefined;
}

/** `list(int)` and the like. */
export function typeName(type: CelType): string {
  if (typeof type === 'string') return type;
  if ('list' in type) return `list(${typeName(type.list)})`;
  if ('set' in type) return `set(${typeName(type.set)})`;
  return `map(${typeName(type.keys)}, ${typeName(type.map)})`;
}

/** The type that holds values of both; undefined if none does. */
export function unify(a: CelType, b: CelType): CelType | undefined {
  if (a === 'nothing') return b;
  if (b === 'nothing' || a === b) return a;
  if (typeof a === 'string' || typeof b === 'string') return undefined;
  if ('list' in a && 'list' in b) {
    const list = unify(a.list, b.list);
    return list === undefined ? undefined : { list };
  }
  if (!('map' in a && 'map' in b)) return undefined;
  const [keys, map] = [unify(a.keys, b.keys), unify(a.map, b.map)];
  return keys === undefined || map === undefined ? undefined : { keys, map };
}

/** Whether a value of one type may stand where the other is asked for. */
export function fits(type: CelType, wanted: CelType): boolean {
  return unify(type, wanted) !== undefined;
}
