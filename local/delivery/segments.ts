import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { SEGMENT_DIGITS } from '../../lake/names.ts';

/** A segment that takes no more rows and waits to land. */
export interface SealedSegment {
  readonly table: string;
  readonly number: number;
  readonly path: string;
}

/** Bytes read at once when looking for the end of the last whole line. */
const TAIL_BYTES = 64 * 1024;
const NEWLINE = 10;

/**
 * Segment files of one table, `<folder>/<number>.ndjson`. Rows are appended to the one of the highest number; the others are sealed.
 * The next segment is made before one is sealed, so numbers never come back even when every sealed one has landed and gone.
 */
export class TableSegments {
  readonly table: string;
  private readonly folder: string;
  private number: number;
  private fd: number;
  private size: number;
  private rowCount: number;

  /** Opens the segments of a table, cutting lines torn by a crash; a new open segment gets `firstNumber` if there is none. */
  constructor(table: string, folder: string, firstNumber: number) {
    this.table = table;
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const number of this.numbers()) cutTornLine(this.path(number));
    this.number = this.numbers().at(-1) ?? firstNumber;
    this.fd = openSync(this.path(this.number), 'a');
    this.size = fstatSync(this.fd).size;
    this.rowCount = 0;
  }

  /** Bytes in the open segment. */
  get bytes(): number {
    return this.size;
  }

  /** Rows appended to the open segment since it was opened. */
  get rows(): number {
    return this.rowCount;
  }

  /** Appends whole lines; durable against a killed process on return. After a failed write nothing of it is left. */
  append(lines: Uint8Array, rows: number): void {
    try {
      for (let at = 0; at < lines.byteLength; ) at += writeSync(this.fd, lines, at);
    } catch (error) {
      ftruncateSync(this.fd, this.size);
      throw error;
    }
    this.size += lines.byteLength;
    this.rowCount += rows;
  }

  /** Seals the open segment and starts the next one; undefined if there was nothing in it. */
  rotate(): SealedSegment | undefined {
    if (this.size === 0) return undefined;
    const sealed = { table: this.table, number: this.number, path: this.path(this.number) };
    const next = openSync(this.path(this.number + 1), 'a');
    closeSync(this.fd);
    this.fd = next;
    this.number += 1;
    this.size = 0;
    this.rowCount = 0;
    return sealed;
  }

  /** Segments that wait to land, oldest first. */
  sealed(): SealedSegment[] {
    return this.numbers()
      .filter((number) => number < this.number)
      .map((number) => ({ table: this.table, number, path: this.path(number) }));
  }

  /** Closes the open file; nothing is lost without it. */
  close(): void {
    closeSync(this.fd);
  }

  private path(number: number): string {
    return join(this.folder, `${String(number).padStart(SEGMENT_DIGITS, '0')}.ndjson`);
  }

  private numbers(): number[] {
    return segmentNumbers(this.folder);
  }
}

/** Whether a folder holds segments; false too when there is no such folder. */
export function hasSegments(folder: string): boolean {
  return existsSync(folder) && segmentNumbers(folder).length > 0;
}

function segmentNumbers(folder: string): number[] {
  const names = readdirSync(folder).filter((name) => /^\d{9}\.ndjson$/.test(name));
  return names.map((name) => Number(name.slice(0, SEGMENT_DIGITS))).sort((a, b) => a - b);
}

/** Removes a landed segment. */
export function removeSegment({ path }: SealedSegment): void {
  rmSync(path, { force: true });
}

/** Cuts what follows the last newline: a write torn by a crash, which nobody was told is durable. */
function cutTornLine(path: string): void {
  let end = statSync(path).size;
  if (end === 0) return;
  const fd = openSync(path, 'r+');
  try {
    const tail = Buffer.alloc(TAIL_BYTES);
    while (end > 0) {
      const start = Math.max(0, end - TAIL_BYTES);
      const read = readSync(fd, tail, 0, end - start, start);
      const newline = tail.subarray(0, read).lastIndexOf(NEWLINE);
      if (newline >= 0) {
        ftruncateSync(fd, start + newline + 1);
        return;
      }
      end = start;
    }
    ftruncateSync(fd, 0);
  } finally {
    closeSync(fd);
  }
}
