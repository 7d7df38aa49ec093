import { decodeStrictly, stage } from '../scan/machine.ts';

/** Bytes taken from the system at a time: some hundred records, so that one which is kept longer keeps little else. */
const CHUNK_BYTES = 65_536;

let chunk = Buffer.alloc(0);
let used = 0;

/** Bytes of a base64 text, read as `Buffer.from` reads it, in a stretch of a larger buffer that nothing else will be written to. */
export function decodeBase64(text: string): Buffer {
  const most = Math.ceil(text.length / 4) * 3;
  if (most > CHUNK_BYTES / 4) return Buffer.from(text, 'base64');
  if (used + most > chunk.length) {
    chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    used = 0;
  }
  const length = decodeStrictly(text, chunk, used);
  if (length < 0) return Buffer.from(text, 'base64');
  const bytes = chunk.subarray(used, used + length);
  used += length;
  stage(bytes);
  return bytes;
}
