/** A part of a stored item that is parsed when first looked at, and encoded anew only after it changed. */
export class Part<T> {
  private parsed: { value: T } | undefined;
  private encoded: string | undefined;

  private constructor(parsed: { value: T } | undefined, encoded: string | undefined) {
    this.parsed = parsed;
    this.encoded = encoded;
  }

  /** A part that holds a JSON-safe value. */
  static of<T>(value: T): Part<T> {
    return new Part({ value }, undefined);
  }

  /** A part as `encode` gave it. */
  static parse<T>(text: string): Part<T> {
    return new Part<T>(undefined, text);
  }

  /** The value, to look at only. */
  read(): T {
    this.parsed ??= { value: JSON.parse(this.encoded ?? 'null') as T };
    return this.parsed.value;
  }

  /** The value, to change in place. */
  change(): T {
    const value = this.read();
    this.encoded = undefined;
    return value;
  }

  /** JSON text of the value, on one line. */
  encode(): string {
    this.encoded ??= JSON.stringify(this.read());
    return this.encoded;
  }
}
