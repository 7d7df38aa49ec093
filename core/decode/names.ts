/** Next value of the rolling hash that `NameTable` finds names by; start at 0. */
export function hashStep(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/** Finds which of a fixed list of names some bytes spell, without making a string. */
export class NameTable {
  readonly #names: readonly Buffer[];
  /** Open addressing: place in the list plus one, 0 where free. */
  readonly #cells: Uint16Array;

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name));
    let size = 16;
    while (size < names.length * 4) size *= 2;
    this.#cells = new Uint16Array(size);
    this.#names.forEach((name, index) => {
      let cell = name.reduce(hashStep, 0) & (size - 1);
      while (this.#cells[cell] !== 0) cell = (cell + 1) & (size - 1);
      this.#cells[cell] = index + 1;
    });
  }

  /** Place in the list of the name that `bytes[start, end)` spells, or -1. `hash` is the rolling hash of these bytes. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#cells.length - 1;
    for (let cell = hash & mask; ; cell = (cell + 1) & mask) {
      const index = (this.#cells[cell] as number) - 1;
      if (index < 0 || spells(this.#names[index] as Buffer, bytes, start, end)) return index;
    }
  }
}

function spells(name: Buffer, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (name.length !== length) return false;
  for (let at = 0; at < length; at += 1) {
    if (name[at] !== bytes[start + at]) return false;
  }
  return true;
}
