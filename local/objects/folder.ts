import {
  closeSync,
  type Dirent,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { RetriableError } from '../../core/errors.ts';
import type { ObjectFiles, ObjectStore, StoredBody, StoredObject } from '../../core/ports.ts';
import { LakeError } from '../../lake/errors.ts';
import { checkObjectKey, SCRATCH_FOLDER } from '../../lake/object-key.ts';
import { namingFaults } from '../../lake/store-fault.ts';
import { bodyVersion } from './version.ts';

/** How names of files on their way begin. */
const WRITE_NAME = 'put-';
/** Age from which on a file on its way belongs to a process that died: writing one takes moments. */
const WRITE_MS = 6 * 3_600_000;

/**
 * Objects as files of one folder. New bytes are written under a hidden folder of the same tree and then renamed, so a reader sees
 * old or new bytes even when the writer is killed; what it left half written is removed by a later store's first write. A key cannot also be the folder of another key.
 * Files are small or moved whole, so plain synchronous calls cost less than a thread hop each. They also make `putIf` one step among
 * the stores of a process; a data folder has one process at a time, and creating (no version expected) is one step among all.
 */
export class FolderObjectStore implements ObjectStore, ObjectFiles {
  readonly root: string;
  private readonly folders = new Set<string>();
  private written = 0;

  /** The folder is made by the first write. */
  constructor(root: string) {
    this.root = root;
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    checkObjectKey(key);
    this.answering(key, () => this.moveIn(this.writeScratch(body), key));
  }

  async putIf(key: string, body: Uint8Array, expected: string | undefined): Promise<string | undefined> {
    checkObjectKey(key);
    return this.answering(key, () => {
      const isWritten = expected === undefined ? this.create(key, body) : this.replace(key, body, expected);
      return isWritten ? bodyVersion(body) : undefined;
    });
  }

  async get(key: string): Promise<StoredBody | undefined> {
    checkObjectKey(key);
    const body = this.answering(key, () => this.read(key));
    return body === undefined ? undefined : { body, version: bodyVersion(body) };
  }

  async list(prefix: string): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (folder !== '') checkObjectKey(folder.slice(0, -1));
    this.answering(folder, () => this.walk(folder, prefix, found));
    return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  async remove(key: string): Promise<void> {
    checkObjectKey(key);
    this.answering(key, () => rmSync(join(this.root, key), { force: true }));
  }

  /** Moves a finished file of the same file system into place under `key`, replacing what was there. */
  async store(key: string, path: string): Promise<void> {
    checkObjectKey(key);
    this.answering(key, () => this.moveIn(path, key));
  }

  async open(key: string): Promise<string | undefined> {
    checkObjectKey(key);
    const path = join(this.root, key);
    return this.answering(key, () => absentAs(undefined, () => (statSync(path).isFile() ? path : undefined)));
  }

  async part(key: string, from: number, to: number): Promise<Uint8Array | undefined> {
    checkObjectKey(key);
    return this.answering(key, () => absentAs(undefined, () => partOf(join(this.root, key), from, to)));
  }

  /** The files are the objects themselves. */
  async release(): Promise<void> {}

  /** An empty folder outside of all keys, on the same file system; what was in it is removed. */
  scratch(name: string): string {
    const path = join(this.root, SCRATCH_FOLDER, name);
    return namingFaults(path, () => {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path, { recursive: true });
      return path;
    });
  }

  private answering<T>(key: string, work: () => T): T {
    try {
      return namingFaults(join(this.root, key), work);
    } catch (error) {
      if (error instanceof LakeError) throw error;
      throw new RetriableError(`the object store did not answer: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  private read(key: string): Uint8Array | undefined {
    return absentAs(undefined, () => new Uint8Array(readFileSync(join(this.root, key))));
  }

  private create(key: string, body: Uint8Array): boolean {
    const path = this.writeScratch(body);
    try {
      // A hard link, unlike a rename, fails when the name is taken.
      this.inFolder(key, (target) => linkSync(path, target));
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(path, { force: true });
    }
  }

  private replace(key: string, body: Uint8Array, expected: string): boolean {
    const stored = this.read(key);
    if (stored === undefined || bodyVersion(stored) !== expected) return false;
    this.moveIn(this.writeScratch(body), key);
    return true;
  }

  private writeScratch(body: Uint8Array): string {
    const folder = join(this.root, SCRATCH_FOLDER);
    if (this.written === 0) {
      mkdirSync(folder, { recursive: true });
      sweepWrites(folder, Date.now() - WRITE_MS);
    }
    this.written += 1;
    // Compaction has a thread of its own, and stores of its own.
    const path = join(folder, `${WRITE_NAME}${process.pid}-${threadId}-${this.written}`);
    try {
      writeFileSync(path, body);
    } catch (error) {
      // On a full disk what was half written would take the room that others need.
      rmSync(path, { force: true });
      throw error;
    }
    return path;
  }

  private moveIn(path: string, key: string): void {
    this.inFolder(key, (target) => renameSync(path, target));
  }

  /** Does something to the file of `key`, making its folder first if this store has not yet done so, or once more if it has gone. */
  private inFolder(key: string, action: (target: string) => void): void {
    const target = join(this.root, key);
    const folder = dirname(target);
    if (this.folders.has(folder)) {
      try {
        action(target);
        return;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
    mkdirSync(folder, { recursive: true });
    this.folders.add(folder);
    action(target);
  }

  private walk(folder: string, prefix: string, found: StoredObject[]): void {
    const entries = absentAs<Dirent[]>([], () => readdirSync(join(this.root, folder), { withFileTypes: true }));
    for (const entry of entries) {
      const key = `${folder}${entry.name}`;
      if (key === SCRATCH_FOLDER) continue;
      const isOnTheWay = entry.isDirectory() && (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`));
      if (isOnTheWay) this.walk(`${key}/`, prefix, found);
      else if (entry.isFile() && key.startsWith(prefix)) {
        const stat = absentAs(undefined, () => statSync(join(this.root, key)));
        if (stat !== undefined) found.push({ key, bytes: stat.size, modifiedMs: stat.mtimeMs });
      }
    }
  }
}

/** Removes what processes that died left half written before a moment, epoch ms. */
function sweepWrites(folder: string, beforeMs: number): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(WRITE_NAME)) continue;
    const path = join(folder, name);
    const stat = absentAs(undefined, () => statSync(path));
    if (stat !== undefined && stat.mtimeMs < beforeMs) rmSync(path, { force: true });
  }
}

function partOf(path: string, from: number, to: number): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(to - from);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** What a read gives, or `absent` where no file of that name is. */
function absentAs<T>(absent: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error))) return absent;
    throw error;
  }
}
