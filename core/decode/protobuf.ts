/** Wire types of protobuf; groups (3, 4) are out of use and count as broken. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Bytes of the longest varint (64 bits). */
const VARINT_BYTES_MAX = 10;

const NOTHING = Buffer.alloc(0);

/**
 * Reads protobuf fields one after another without copying. On broken bytes it marks itself broken and stands at its end, so
 * loops stop and no length is ever believed that leads past the message.
 */
export class ProtobufCursor {
  readonly #bytes: Buffer;
  #end: number;
  /** Index of the next byte. */
  at: number;
  /** Whether anything read so far broke the format. */
  isBroken = false;

  /** Reads `bytes[start, end)`. */
  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
  }

  /** Whether the message is read to its end, or broken. */
  get isAtEnd(): boolean {
    return this.isBroken || this.at >= this.#end;
  }

  /** An unsigned varint; past 2^53 rounded, which no valid length or index reaches. 0 when broken. */
  varint(): number {
    const first = this.at < this.#end ? (this.#bytes[this.at] as number) : 0x80;
    if (first < 0x80) {
      this.at += 1;
      return first;
    }
    return this.#longVarint();
  }

  #longVarint(): number {
    let value = 0;
    let place = 1;
    for (let length = 0; length < VARINT_BYTES_MAX && this.at < this.#end; length += 1) {
      const byte = this.#bytes[this.at] as number;
      this.at += 1;
      value += (byte & 0x7f) * place;
      if (byte < 0x80) return value;
      place *= 128;
    }
    return this.#break();
  }

  /** Tag of the next field: number times 8 plus wire type. */
  tag(): number {
    return this.varint();
  }

  /** A length and that many bytes, as a view. Empty when broken. */
  bytes(): Buffer {
    const start = this.pass();
    return this.isBroken ? NOTHING : this.#bytes.subarray(start, this.at);
  }

  /** The same without a view: where the bytes begin; they end at `at`. */
  pass(): number {
    const length = this.varint();
    if (length > this.#end - this.at) this.#break();
    const start = this.at;
    if (!this.isBroken) this.at += length;
    return start;
  }

  /** Goes into a message that is a field of this one; returns what `leave` needs. */
  enter(): number {
    const outer = this.#end;
    const length = this.varint();
    if (length > outer - this.at) this.#break();
    else this.#end = this.at + length;
    return outer;
  }

  /** Comes back out of a message read to its end. */
  leave(outer: number): void {
    this.#end = outer;
  }

  /** Passes over a field nobody asked for. Field 0 and the fields 1..`known` in another wire type than theirs break the message. */
  skip(tag: number, known: number): void {
    const field = Math.floor(tag / 8);
    if (field <= known) this.#break();
    else if (tag % 8 === WIRE.varint) this.varint();
    else if (tag % 8 === WIRE.bytes) this.bytes();
    else if (tag % 8 === WIRE.fixed64) this.#pass(8);
    else if (tag % 8 === WIRE.fixed32) this.#pass(4);
    else this.#break();
  }

  #pass(length: number): void {
    if (length > this.#end - this.at) this.#break();
    else this.at += length;
  }

  #break(): 0 {
    this.isBroken = true;
    return 0;
  }
}
