import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { RetriableError } from '../../core/errors.ts';
import type { Clock, ItemKey, StateItem, StateStore, StateWrite } from '../../core/ports.ts';

/** How long opening waits for a process that still holds the database, ms. */
const BUSY_TIMEOUT_MS = 5_000;
/** Pages in the write-ahead log before it is folded back: 32 MiB, so that hot pages are copied once for many writes. */
const CHECKPOINT_PAGES = 8_000;
/** Page cache, KiB. */
const CACHE_KIB = 64 * 1024;
/** Expired items removed in passing by one `put`: few enough to add less than a millisecond. */
const SWEEP_ITEMS_MAX = 256;
/** Clock time between two looks for expired items, ms, once none were left. */
const SWEEP_PAUSE_MS = 1_000;
/** Marks a stored key that is JSON text because it is not well-formed Unicode, which UTF-8 could not tell apart. */
const ESCAPED = '\u0000"';

// A table with row ids: without them SQLite keeps whole items in the key tree, where 1 KB items spill over page ends and cost three times as much.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS items (
    pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, expires_at INTEGER,
    PRIMARY KEY (pk, sk)
  );
  CREATE INDEX IF NOT EXISTS items_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;`;

const LIVE = '(expires_at IS NULL OR expires_at >= ?)';

interface ItemRow {
  readonly sk?: string;
  readonly version: number;
  readonly body: string;
}

/** State in one SQLite file: it survives a killed process at any moment (write-ahead log, one transaction per `put`). */
export class SqliteStateStore implements StateStore {
  private readonly db: DatabaseSync;
  private readonly clock: Clock;
  private readonly statements: Statements;
  private nextSweepMs = Number.NEGATIVE_INFINITY;

  /** Opens or creates the file at `path`, for this handle alone; `clock` decides what is expired. */
  constructor(path: string, clock: Clock) {
    this.clock = clock;
    this.db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    this.statements = answering(() => prepare(this.db));
  }

  async get(keys: readonly ItemKey[]): Promise<(StateItem | undefined)[]> {
    const now = this.clock();
    return this.transaction(this.statements.beginRead, () =>
      keys.map(({ pk, sk }) => {
        const row = this.statements.get.get(stored(pk), stored(sk), now) as ItemRow | undefined;
        return row === undefined ? undefined : { pk, sk, version: row.version, body: row.body };
      }),
    );
  }

  async query(pk: string): Promise<StateItem[]> {
    const rows = answering(() => this.statements.query.all(stored(pk), this.clock())) as unknown as Required<ItemRow>[];
    const items = rows.map(({ sk, version, body }) => ({ pk, sk: original(sk), version, body }));
    // SQLite orders by UTF-8 bytes, which is not code-unit order beyond the basic plane.
    return items.sort((a, b) => (a.sk < b.sk ? -1 : a.sk > b.sk ? 1 : 0));
  }

  async put(writes: readonly StateWrite[]): Promise<boolean[]> {
    const now = this.clock();
    return this.transaction(this.statements.begin, () => {
      const applied = writes.map((write) => this.write(write, now));
      this.sweep(now);
      return applied;
    });
  }

  async remove(keys: readonly ItemKey[]): Promise<void> {
    this.transaction(this.statements.begin, () => {
      for (const { pk, sk } of keys) this.statements.remove.run(stored(pk), stored(sk));
    });
  }

  /** Closes the file; nothing is lost without it. */
  close(): void {
    this.db.close();
  }

  private write({ pk, sk, expectedVersion, body, expiresAtMs }: StateWrite, now: number): boolean {
    const { insert, update } = this.statements;
    const expires = expiresAtMs ?? null;
    const { changes } =
      expectedVersion === 0
        ? insert.run(stored(pk), stored(sk), body, expires, now)
        : update.run(body, expires, stored(pk), stored(sk), expectedVersion, now);
    return changes === 1;
  }

  private sweep(now: number): void {
    if (now < this.nextSweepMs) return;
    const { changes } = this.statements.sweep.run(now, SWEEP_ITEMS_MAX);
    this.nextSweepMs = changes === SWEEP_ITEMS_MAX ? now : now + SWEEP_PAUSE_MS;
  }

  private transaction<T>(begin: StatementSync, work: () => T): T {
    return answering(() => {
      begin.run();
      try {
        const result = work();
        this.statements.commit.run();
        return result;
      } catch (error) {
        if (this.db.isTransaction) this.statements.rollback.run();
        throw error;
      }
    });
  }
}

interface Statements {
  readonly get: StatementSync;
  readonly query: StatementSync;
  readonly insert: StatementSync;
  readonly update: StatementSync;
  readonly remove: StatementSync;
  readonly sweep: StatementSync;
  readonly begin: StatementSync;
  readonly beginRead: StatementSync;
  readonly commit: StatementSync;
  readonly rollback: StatementSync;
}

function prepare(db: DatabaseSync): Statements {
  // One process holds a data folder, and without shared locks a transaction makes fewer system calls.
  db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${CACHE_KIB};`);
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`);
  db.exec(SCHEMA);
  return {
    get: db.prepare(`SELECT version, body FROM items WHERE pk = ? AND sk = ? AND ${LIVE}`),
    query: db.prepare(`SELECT sk, version, body FROM items WHERE pk = ? AND ${LIVE} ORDER BY sk`),
    // An expired item counts as absent, so creating it anew starts at version 1 again.
    insert: db.prepare(`
      INSERT INTO items (pk, sk, version, body, expires_at) VALUES (?, ?, 1, ?, ?)
      ON CONFLICT (pk, sk) DO UPDATE SET version = 1, body = excluded.body, expires_at = excluded.expires_at WHERE items.expires_at < ?`),
    update: db.prepare(
      `UPDATE items SET body = ?, expires_at = ?, version = version + 1 WHERE pk = ? AND sk = ? AND version = ? AND ${LIVE}`,
    ),
    remove: db.prepare('DELETE FROM items WHERE pk = ? AND sk = ?'),
    sweep: db.prepare('DELETE FROM items WHERE (pk, sk) IN (SELECT pk, sk FROM items WHERE expires_at < ? LIMIT ?)'),
    begin: db.prepare('BEGIN IMMEDIATE'),
    // One read transaction for many keys: each costs several file locks.
    beginRead: db.prepare('BEGIN'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
  };
}

/** Runs database work; a fault of the database is retriable, since the stream hands the batch out again. */
function answering<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new RetriableError(`the state store did not answer: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function stored(key: string): string {
  return key.isWellFormed() && !key.startsWith(ESCAPED) ? key : `${ESCAPED}${JSON.stringify(key)}`;
}

function original(key: string): string {
  return key.startsWith(ESCAPED) ? (JSON.parse(key.slice(ESCAPED.length)) as string) : key;
}
