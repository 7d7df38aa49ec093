/** Draws whole numbers with given weights in constant time: Walker's alias method, built as Vose describes. */
export class AliasTable {
  private readonly kept: Float64Array;
  private readonly other: Int32Array;

  /** Weights above 0, of any sum. */
  constructor(weights: Float64Array) {
    const n = weights.length;
    const sum = weights.reduce((all, weight) => all + weight, 0);
    this.kept = weights.map((weight) => (weight * n) / sum);
    this.other = Int32Array.from(weights, (_, i) => i);
    const small: number[] = [];
    const large: number[] = [];
    for (let i = 0; i < n; i++) (at(this.kept, i) < 1 ? small : large).push(i);
    for (;;) {
      const [poor, rich] = [small.pop(), large.pop()];
      if (poor === undefined || rich === undefined) {
        // What is left has weight 1 but for rounding.
        for (const i of [...small, ...large, ...[poor, rich].filter((one) => one !== undefined)]) this.kept[i] = 1;
        return;
      }
      this.other[poor] = rich;
      this.kept[rich] = at(this.kept, rich) - (1 - at(this.kept, poor));
      (at(this.kept, rich) < 1 ? small : large).push(rich);
    }
  }

  /** The number that a uniform draw in [0, 1) stands for. */
  draw(unit: number): number {
    const scaled = unit * this.kept.length;
    const i = Math.floor(scaled);
    return scaled - i < at(this.kept, i) ? i : at(this.other, i);
  }
}

/** Weights of Zipf's law for ranks `first`, `first + step` … below `end`, ranks counted from 0. */
export function zipfWeights(exponent: number, { first, step, end }: { first: number; step: number; end: number }): Float64Array {
  return Float64Array.from({ length: Math.max(0, Math.ceil((end - first) / step)) }, (_, i) => (first + i * step + 1) ** -exponent);
}

function at(array: Float64Array | Int32Array, i: number): number {
  return array[i] ?? 0;
}
