import { AREA, ENCODED_BYTES_MAX } from './layout.ts';
import { SCANNER } from './wasm.ts';

/** What the scanner exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scan(reader: number, length: number): number;
  decode(length: number): number;
}

/** As much of the global as is used here; the types of Node know its name only. */
interface WasmGlobal {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const PAGE_BYTES = 65_536;
/** What is reserved begins at a multiple of this. */
const ALIGNMENT = 16;

const exports = instantiate();
const encoder = new TextEncoder();
let reservedEnd: number = AREA.readers;
let encoded: Uint8Array;
let input: Buffer;
/** The bytes that stand in the input. */
let staged: Uint8Array | undefined;

/** The scanner's memory, seen as bytes, whole numbers and doubles. All readers of a process share it; it is never given back. */
export const memory: { bytes: Uint8Array; words: Int32Array; doubles: Float64Array } = look();

function instantiate(): Exports {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WasmGlobal }).WebAssembly;
  return new Instance(new Module(Buffer.from(SCANNER, 'base64'))).exports as Exports;
}

function look(): typeof memory {
  const { buffer } = exports.memory;
  encoded = new Uint8Array(buffer, AREA.encoded, ENCODED_BYTES_MAX);
  input = Buffer.from(buffer, AREA.input, AREA.encoded - AREA.input);
  return { bytes: new Uint8Array(buffer), words: new Int32Array(buffer), doubles: new Float64Array(buffer) };
}

/** Takes so many bytes of memory for good, zeros; where they begin. */
export function reserve(bytes: number): number {
  const start = reservedEnd;
  reservedEnd += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  const missing = reservedEnd - memory.bytes.length;
  if (missing > 0) {
    exports.memory.grow(Math.ceil(missing / PAGE_BYTES));
    Object.assign(memory, look());
  }
  return start;
}

/** Scans an event, at most `INPUT_BYTES_MAX` long, with the reader that begins at `reader`; its outcome. */
export function scan(reader: number, event: Uint8Array): number {
  if (event !== staged) {
    input.set(event);
    staged = event;
  }
  return exports.scan(reader, event.length);
}

/** Decodes base64 into `target`, which has room for it at `at`: the count of bytes, or -1 if the text is long or not strictly base64. */
export function decodeStrictly(text: string, target: Buffer, at: number): number {
  const { length } = text;
  if (length > ENCODED_BYTES_MAX || encoder.encodeInto(text, encoded).written !== length) return -1;
  staged = undefined;
  const bytes = exports.decode(length);
  if (bytes > 0) input.copy(target, at, 0, bytes);
  return bytes;
}

/** Says that the bytes decoded last are those of an event, which then need not be brought in to be scanned. */
export function stage(event: Uint8Array): void {
  staged = event;
}
