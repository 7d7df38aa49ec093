const ZERO = 0x30;
const DAY_MS = 86_400_000;

/** Writes a whole number in so many digits, zeros in front. In whole numbers throughout: those of the machine are fast. */
export function writeDigits(into: Uint8Array, at: number, value: number, width: number): void {
  let rest = value | 0;
  for (let i = at + width - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    into[i] = ZERO + rest - next * 10;
    rest = next;
  }
}

/** Digits of 0000 to 9999, four bytes each. */
const FOURS = fours();

function fours(): Uint32Array {
  const bytes = new Uint8Array(40_000);
  for (let i = 0; i < 10_000; i++) writeDigits(bytes, i * 4, i, 4);
  const view = new DataView(bytes.buffer);
  return Uint32Array.from({ length: 10_000 }, (_, i) => view.getUint32(i * 4));
}

/** Writes a whole number below 10^8 in eight digits. */
export function writeEight(into: DataView, at: number, value: number): void {
  const high = (value / 10_000) | 0;
  into.setUint32(at, FOURS[high] ?? 0);
  into.setUint32(at + 4, FOURS[(value | 0) - high * 10_000] ?? 0);
}

/** Writes a whole number below 2^31 in as many digits as it has; returns where it ends. */
export function writeNumber(into: Uint8Array, at: number, value: number): number {
  let width = 1;
  for (let bound = 10; value >= bound; bound *= 10) width += 1;
  writeDigits(into, at, value, width);
  return at + width;
}

/** Writes amounts of minor units as decimal text; returns where it ends. */
export function writeMoney(into: Uint8Array, at: number, minor: number, exponent: number): number {
  if (exponent === 0) return writeNumber(into, at, minor);
  const unit = 10 ** exponent;
  const whole = (minor / unit) | 0;
  const point = writeNumber(into, at, whole);
  into[point] = 0x2e;
  writeDigits(into, point + 1, minor - whole * unit, exponent);
  return point + 1 + exponent;
}

/** Length of a time as `TimeWriter` writes it, such as 2026-01-05T10:00:00.123Z. */
export const TIME_BYTES = 24;

/** Writes epoch ms as ISO 8601 in UTC. The date is looked up once a day, since most events are of today. */
export class TimeWriter {
  private readonly date = new Uint8Array(10);
  private dayMs = Number.NaN;

  write(into: Uint8Array, at: number, timeMs: number): void {
    const dayMs = Math.floor(timeMs / DAY_MS) * DAY_MS;
    if (dayMs !== this.dayMs) {
      this.date.set(Buffer.from(new Date(dayMs).toISOString().slice(0, 10)));
      this.dayMs = dayMs;
    }
    const ms = timeMs - dayMs;
    const seconds = Math.floor(ms / 1000);
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    for (let i = 0; i < 10; i++) into[at + i] = this.date[i] ?? 0;
    into[at + 10] = 0x54;
    writeDigits(into, at + 11, hours, 2);
    into[at + 13] = 0x3a;
    writeDigits(into, at + 14, minutes - hours * 60, 2);
    into[at + 16] = 0x3a;
    writeDigits(into, at + 17, seconds - minutes * 60, 2);
    into[at + 19] = 0x2e;
    writeDigits(into, at + 20, ms - seconds * 1000, 3);
    into[at + 23] = 0x5a;
  }
}
