import { AREA } from './layout.ts';
import { SCANNER } from './wasm.ts';

/** What the scanner exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scan(reader: number, length: number): number;
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
let reservedEnd: number = AREA.readers;
let input: Uint8Array;

/** The scanner's memory, seen as bytes, whole numbers and doubles. All readers of a process share it; it is never given back. */
export const memory: { bytes: Uint8Array; words: Int32Array; doubles: Float64Array } = look();

function instantiate(): Exports {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WasmGlobal }).WebAssembly;
  return new Instance(new Module(Buffer.from(SCANNER, 'base64'))).exports as Exports;
}

function look(): typeof memory {
  const { buffer } = exports.memory;
  input = new Uint8Array(buffer, AREA.input, AREA.inputEnd - AREA.input);
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
  input.set(event);
  return exports.scan(reader, event.length);
}
