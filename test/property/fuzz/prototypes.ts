const WATCHED: readonly object[] = [
  ...[Object, Array, String, Number, Boolean, BigInt, Symbol, Function, Map, Set, WeakMap, RegExp, Date, Promise, Error, JSON, Math],
  ...[Object, Array, String, Number, Boolean, BigInt, Symbol, Function, Map, Set, WeakMap, RegExp, Date, Promise, Error].map(
    (one) => one.prototype as object,
  ),
  ...[Uint8Array.prototype, Buffer, Buffer.prototype],
];

type Snapshot = ReadonlyMap<PropertyKey, PropertyDescriptor>;

function snapshotOf(watched: object): Snapshot {
  return new Map(Reflect.ownKeys(watched).map((key) => [key, Reflect.getOwnPropertyDescriptor(watched, key) ?? {}]));
}

function isSame(a: PropertyDescriptor | undefined, b: PropertyDescriptor | undefined): boolean {
  return a !== undefined && b !== undefined && Object.is(a.value, b.value) && a.get === b.get && a.set === b.set;
}

/** Remembers built-in objects and their prototypes as they are when it is made. */
export class PrototypeWatch {
  private readonly before: readonly (readonly [object, Snapshot])[] = WATCHED.map((one) => [one, snapshotOf(one)]);

  /** Names of properties that were added, removed or changed since. */
  changes(): string[] {
    return this.before.flatMap(([watched, snapshot]) => {
      const keys = new Set([...snapshot.keys(), ...Reflect.ownKeys(watched)]);
      return [...keys].filter((key) => !isSame(snapshot.get(key), Reflect.getOwnPropertyDescriptor(watched, key))).map(String);
    });
  }

  /** Puts everything back. */
  restore(): void {
    for (const [watched, snapshot] of this.before) {
      for (const key of Reflect.ownKeys(watched)) if (!snapshot.has(key)) Reflect.deleteProperty(watched, key);
      for (const [key, descriptor] of snapshot) {
        if (!isSame(descriptor, Reflect.getOwnPropertyDescriptor(watched, key))) Reflect.defineProperty(watched, key, descriptor);
      }
    }
  }
}

/** Whether any object has gained a property that a plain loop over `{}` meets. Cheap enough for every input. */
export function isPolluted(): boolean {
  for (const _key in {}) return true;
  return ({} as { polluted?: unknown }).polluted !== undefined;
}
