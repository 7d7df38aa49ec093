import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
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
/** First size of the image of the file in memory. */
const IMAGE_BYTES = 1024 * 1024;

/**
 * Append-only file of item states. Each frame holds what one call wrote and appears whole or not at all: a frame torn by a killed
 * process or a lost page fails its checksum, and it and all behind it are cut when the file is opened. The file's bytes stay in
 * memory, outside of the garbage collector's reach, so that reading a body is no system call.
 */
export class Journal {
  private readonly fd: number;
  private image: Buffer;
  private size = 0;

  private constructor(fd: number) {
    this.fd = fd;
    this.image = Buffer.allocUnsafeSlow(Math.max(IMAGE_BYTES, fstatSync(fd).size));
  }

  /** Opens or creates the file, hands every recorded state to `replay` in order, and cuts a torn end. */
  static open(path: string, replay: (record: JournalRecord) => void): Journal {
    const journal = new Journal(openSync(path, 'a+'));
    journal.load(replay);
    return journal;
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.size;
  }

  /** Adds states, which survive a killed process on return, and says where their bodies lie. After an error nothing of them is left. */
  append(entries: readonly JournalEntry[]): BodyPlace[] {
    const start = this.size;
    const places: BodyPlace[] = [];
    let end = start + FRAME_HEAD;
    for (const entry of entries) {
      this.reserve(end + ENTRY_HEAD + UTF8_MAX * (entry.pk.length + entry.sk.length + entry.body.length), end);
      const { bodyAt, next } = writeEntry(this.image, end, entry);
      places.push({ at: bodyAt, bytes: next - bodyAt });
      end = next;
    }
    this.image.writeUInt32BE(end - start - FRAME_HEAD, start);
    this.image.writeUInt32BE(crc32(this.image.subarray(start + FRAME_HEAD, end)), start + 4);
    try {
      for (let at = start; at < end; ) at += writeSync(this.fd, this.image, at, end - at);
    } catch (error) {
      ftruncateSync(this.fd, start);
      throw error;
    }
    this.size = end;
    return places;
  }

  /** Reads one body. */
  read({ at, bytes }: BodyPlace): string {
    return this.image.toString('utf8', at, at + bytes);
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

  private load(replay: (record: JournalRecord) => void): void {
    const total = fstatSync(this.fd).size;
    for (let at = 0; at < total; ) {
      const count = readSync(this.fd, this.image, at, total - at, at);
      if (count === 0) throw new Error(`the journal ends at ${at}, before its ${total} bytes`);
      at += count;
    }
    const bytes = this.image.subarray(0, total);
    for (let next = frameEnd(bytes, 0); next !== undefined; next = frameEnd(bytes, next)) {
      for (let at = this.size + FRAME_HEAD; at < next; ) at = readEntry(bytes, at, replay);
      this.size = next;
    }
    if (this.size < total) ftruncateSync(this.fd, this.size);
  }

  private reserve(bytes: number, keep: number): void {
    if (bytes <= this.image.byteLength) return;
    const larger = Buffer.allocUnsafeSlow(2 * bytes);
    this.image.copy(larger, 0, 0, keep);
    this.image = larger;
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
