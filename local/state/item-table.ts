import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { JournalEntry } from './journal.ts';

/** How long opening waits for a process that still holds the database, ms. */
const BUSY_TIMEOUT_MS = 5_000;
/** Page cache, KiB. */
const CACHE_KIB = 32 * 1024;

// A table with row ids: without them SQLite keeps whole items in the key tree, where 1 KB items spill over page ends and cost three times as much.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS items (
    pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, expires_at INTEGER,
    PRIMARY KEY (pk, sk)
  );
  CREATE INDEX IF NOT EXISTS items_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;`;

interface ItemRow {
  readonly pk: string;
  readonly sk: string;
  readonly version: number;
  readonly body: string;
  readonly expires_at: number | null;
}

/** Items in one SQLite file, with the versions they are given; keys and bodies in well-formed Unicode. */
export class ItemTable {
  private readonly db: DatabaseSync;
  private readonly one: StatementSync;
  private readonly ofPk: StatementSync;
  private readonly upsert: StatementSync;
  private readonly remove: StatementSync;
  private readonly sweep: StatementSync;

  /** Opens or creates the file at `path`, for this handle alone. */
  constructor(path: string) {
    this.db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    // One process holds a data folder. FULL: what a fold commits must be on disk before the journal is emptied.
    this.db.exec(
      `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${CACHE_KIB};`,
    );
    this.db.exec(SCHEMA);
    this.one = this.db.prepare('SELECT pk, sk, version, body, expires_at FROM items WHERE pk = ? AND sk = ?');
    this.ofPk = this.db.prepare('SELECT pk, sk, version, body, expires_at FROM items WHERE pk = ?');
    this.upsert = this.db.prepare(
      `INSERT INTO items (pk, sk, version, body, expires_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (pk, sk) DO UPDATE SET version = excluded.version, body = excluded.body, expires_at = excluded.expires_at`,
    );
    this.remove = this.db.prepare('DELETE FROM items WHERE pk = ? AND sk = ?');
    this.sweep = this.db.prepare('DELETE FROM items WHERE expires_at < ?');
  }

  read(pk: string, sk: string): JournalEntry | undefined {
    const row = this.one.get(pk, sk) as ItemRow | undefined;
    return row === undefined ? undefined : itemRecord(row);
  }

  readAll(pk: string): JournalEntry[] {
    return (this.ofPk.all(pk) as unknown as ItemRow[]).map(itemRecord);
  }

  /** Takes over items as they stand (version 0 removes) and drops what expired before `nowMs`, all or nothing, durably. */
  apply(items: Iterable<JournalEntry>, nowMs: number): void {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      for (const { pk, sk, version, body, expiresAtMs } of items) {
        if (version === 0) this.remove.run(pk, sk);
        else this.upsert.run(pk, sk, version, body, expiresAtMs);
      }
      this.sweep.run(nowMs);
      this.db.exec('COMMIT');
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  /** Writes the file anew without what was removed or replaced, of which free pages and the write-ahead log still have the bytes. */
  scrub(): void {
    this.db.exec('VACUUM');
    this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** Closes the file; nothing is lost without it. */
  close(): void {
    this.db.close();
  }
}

function itemRecord({ pk, sk, version, body, expires_at }: ItemRow): JournalEntry {
  return { pk, sk, version, body, expiresAtMs: expires_at };
}
