import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { usageError } from '../../core/errors.ts';
import type { ItemKey } from '../../core/ports.ts';
import type { BodyPlace } from './held.ts';

/** One state of an item, to be recorded; version 0 records that it is gone. */
export interface JournalEntry extends ItemKey {
  readonly version: number;
  readonly body: string;
  readonly expiresAtMs: number | null;
}

/** A recorded state of an item. */
export interface JournalRecord extends ItemKey {
  readonly version: number;
  readonly expiresAtMs: number | null;
  readonly body: BodyPlace;
}

/** Frame head: payload bytes and their CRC-32, both big-endian 32-bit. */
const FRAME_HEAD = 8;
/** Entry head: version and expiry as doubles, then the bytes of partition key, sort key and body as 32-bit integers. */
const ENTRY_HEAD = 28;
/** Bytes that one UTF-16 unit takes in UTF-8 at most. */
const UTF8_MAX = 3;
/** First size of the buffer that frames are put together in. */
const SCRATCH_BYTES = 1024 * 1024;

/**
 * Append-only file of item states. Each frame holds what one call wrote and appears whole or not at all: a frame torn by a killed
 * process fails its checksum and is cut when the file is opened. A bad frame with sound ones behind it is no torn end: then the file is
 * damaged, and opening it fails.
 */
export class Journal {
  private readonly fd: number;
  private size: number;
  private scratch = Buffer.allocUnsafe(SCRATCH_BYTES);

  private constructor(fd: number, size: number) {
    this.fd = fd;
    this.size = size;
  }

  /** Opens or creates the file, hands every recorded state to `replay` in order, and cuts a torn end. Throws UsageError if it is damaged. */
  static open(path: string, replay: (record: JournalRecord) => void): Journal {
    const fd = openSync(path, 'a+');
    const bytes = readFileSync(fd);
    let end = 0;
    for (let next = frameEnd(bytes, end); next !== undefined; next = frameEnd(bytes, end)) {
      for (let at = end + FRAME_HEAD; at < next; ) at = readEntry(bytes, at, replay);
      end = next;
    }
    if (end < fstatSync(fd).size) {
      if (hasSoundFrame(bytes, end + 1)) {
        closeSync(fd);
        throw usageError(
          `${path} is damaged at byte ${end}`,
          'a bad checksum',
          'the file as it was written: restore the data folder, or run again into another one',
        );
      }
      ftruncateSync(fd, end);
    }
    return new Journal(fd, end);
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.size;
  }

  /** Adds states, which survive a killed process on return, and says where their bodies lie. After an error nothing of them is left. */
  append(entries: readonly JournalEntry[]): BodyPlace[] {
    const places: BodyPlace[] = [];
    let end = FRAME_HEAD;
    for (const entry of entries) {
      this.reserve(end + ENTRY_HEAD + UTF8_MAX * (entry.pk.length + entry.sk.length + entry.body.length), end);
      const { bodyAt, next } = writeEntry(this.scratch, end, entry);
      places.push({ at: this.size + bodyAt, bytes: next - bodyAt });
      end = next;
    }
    this.scratch.writeUInt32BE(end - FRAME_HEAD, 0);
    this.scratch.writeUInt32BE(crc32(this.scratch.subarray(FRAME_HEAD, end)), 4);
    try {
      for (let at = 0; at < end; ) at += writeSync(this.fd, this.scratch, at, end - at);
    } catch (error) {
      ftruncateSync(this.fd, this.size);
      throw error;
    }
    this.size += end;
    return places;
  }

  /** Reads one body. */
  read({ at, bytes }: BodyPlace): string {
    this.reserve(bytes, 0);
    let got = 0;
    while (got < bytes) {
      const count = readSync(this.fd, this.scratch, got, bytes - got, at + got);
      if (count === 0) throw new Error(`the journal ends at ${at + got}, inside a body of ${bytes} bytes`);
      got += count;
    }
    return this.scratch.toString('utf8', 0, bytes);
  }

  /** Removes everything, once it is held elsewhere. */
  empty(): void {
    ftruncateSync(this.fd, 0);
    this.size = 0;
  }

  /** Closes the file; nothing is lost without it. */
  close(): void {
    closeSync(this.fd);
  }

  private reserve(bytes: number, keep: number): void {
    if (bytes <= this.scratch.byteLength) return;
    const larger = Buffer.allocUnsafe(2 * bytes);
    this.scratch.copy(larger, 0, 0, keep);
    this.scratch = larger;
  }
}

/** Where the whole and sound frame at `at` ends; undefined if there is none. */
function frameEnd(bytes: Buffer, at: number): number | undefined {
  if (at + FRAME_HEAD > bytes.byteLength) return undefined;
  const length = bytes.readUInt32BE(at);
  const end = at + FRAME_HEAD + length;
  // An empty frame is never written, but a page of zeros would look like many.
  if (length === 0 || end > bytes.byteLength) return undefined;
  return crc32(bytes.subarray(at + FRAME_HEAD, end)) === bytes.readUInt32BE(at + 4) ? end : undefined;
}

/** Whether a whole and sound frame begins anywhere from `from` on. */
function hasSoundFrame(bytes: Buffer, from: number): boolean {
  for (let at = from; at + FRAME_HEAD + ENTRY_HEAD <= bytes.byteLength; at += 1) {
    const length = bytes.readUInt32BE(at);
    if (length < ENTRY_HEAD || at + FRAME_HEAD + length > bytes.byteLength) continue;
    // Checksums of what cannot be a frame would take for ever: the first entry must fit into it.
    const entryAt = at + FRAME_HEAD;
    const entryBytes = bytes.readUInt32BE(entryAt + 16) + bytes.readUInt32BE(entryAt + 20) + bytes.readUInt32BE(entryAt + 24);
    if (ENTRY_HEAD + entryBytes <= length && frameEnd(bytes, at) !== undefined) return true;
  }
  return false;
}

function writeEntry(into: Buffer, at: number, { pk, sk, version, body, expiresAtMs }: JournalEntry): { bodyAt: number; next: number } {
  const pkBytes = into.write(pk, at + ENTRY_HEAD, 'utf8');
  const skBytes = into.write(sk, at + ENTRY_HEAD + pkBytes, 'utf8');
  const bodyAt = at + ENTRY_HEAD + pkBytes + skBytes;
  const bodyBytes = into.write(body, bodyAt, 'utf8');
  into.writeDoubleBE(version, at);
  into.writeDoubleBE(expiresAtMs ?? Number.NaN, at + 8);
  into.writeUInt32BE(pkBytes, at + 16);
  into.writeUInt32BE(skBytes, at + 20);
  into.writeUInt32BE(bodyBytes, at + 24);
  return { bodyAt, next: bodyAt + bodyBytes };
}

function readEntry(bytes: Buffer, at: number, take: (record: JournalRecord) => void): number {
  const expires = bytes.readDoubleBE(at + 8);
  const skAt = at + ENTRY_HEAD + bytes.readUInt32BE(at + 16);
  const bodyAt = skAt + bytes.readUInt32BE(at + 20);
  const bodyBytes = bytes.readUInt32BE(at + 24);
  take({
    pk: bytes.toString('utf8', at + ENTRY_HEAD, skAt),
    sk: bytes.toString('utf8', skAt, bodyAt),
    version: bytes.readDoubleBE(at),
    expiresAtMs: Number.isNaN(expires) ? null : expires,
    body: { at: bodyAt, bytes: bodyBytes },
  });
  return bodyAt + bodyBytes;
}
