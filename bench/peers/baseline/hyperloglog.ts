const PRECISION = 11;
const REGISTERS = 2 ** PRECISION;
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

/** Dense HyperLogLog of two KiB, as it is usually written. */
export class HyperLogLog {
  private readonly registers = new Uint8Array(REGISTERS);

  add(text: string): void {
    const hash = hashOf(text);
    const at = hash & (REGISTERS - 1);
    const rank = Math.clz32((hash >>> PRECISION) | 0) - (PRECISION - 1);
    if (rank > (this.registers[at] as number)) this.registers[at] = rank;
  }

  estimate(): number {
    let [zeros, sum] = [0, 0];
    for (const rank of this.registers) {
      if (rank === 0) zeros += 1;
      sum += 1 / (1 << rank);
    }
    const raw = (ALPHA * REGISTERS * REGISTERS) / sum;
    return raw <= 2.5 * REGISTERS && zeros > 0 ? REGISTERS * Math.log(REGISTERS / zeros) : raw;
  }
}

/** FNV-1a with the bits mixed afterwards. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb_352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846c_a68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
