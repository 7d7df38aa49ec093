import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RetriableError, UsageError } from '../../core/errors.ts';
import type { Clock, ItemKey, StateItem, StateStore, StateWrite } from '../../core/ports.ts';
import { type BodyPlace, type HeldItem, HeldItems, type ItemState } from './held.ts';
import { ItemTable } from './item-table.ts';
import { Journal, type JournalEntry, type JournalRecord } from './journal.ts';

/** Journal bytes after which it is folded into the table: 40,000 writes of 1.5 KB, replayed in a fraction of a second after a crash. */
const FOLD_BYTES = 64 * 1024 * 1024;
/** Items known in memory at most beside those that differ from the table: about 30 MB. */
const UNCHANGED_MAX = 100_000;
/** An item that is not there. */
const ABSENT: ItemState = { version: 0, expiresAtMs: null, inJournal: undefined };
/** Marks a stored key that is JSON text because it is not well-formed Unicode, which UTF-8 could not tell apart. */
const ESCAPED = '\u0000"';

/** Limits of the store. */
export interface JournaledOptions {
  /** Journal bytes after which it is folded into the table. */
  readonly foldBytes?: number;
}

/**
 * State in one folder. A write goes to the end of a journal, which makes it survive a killed process; memory knows where the newest
 * state of each item lies. Now and then these are folded into a SQLite table and the journal is emptied: a hot item reaches the
 * table once for many changes, and a window that opens and closes between two folds not at all.
 */
export class JournaledStateStore implements StateStore {
  private readonly clock: Clock;
  private readonly foldBytes: number;
  private readonly table: ItemTable;
  private readonly journal: Journal;
  /** Everything that differs from the table, and of the rest what was used lately. */
  private held = new HeldItems();
  private unchangedCount = 0;
  private isClosed = false;

  /** Opens or creates the folder, for this handle alone; `clock` decides what is expired. Throws RetriableError if it cannot, UsageError if it is damaged. */
  constructor(folder: string, clock: Clock, { foldBytes = FOLD_BYTES }: JournaledOptions = {}) {
    this.clock = clock;
    this.foldBytes = foldBytes;
    [this.table, this.journal] = answering(() => {
      mkdirSync(folder, { recursive: true });
      // Opening the table locks the folder, so the table comes first.
      const table = new ItemTable(join(folder, 'items.sqlite'));
      try {
        return [table, Journal.open(join(folder, 'journal'), (record) => this.replay(record))];
      } catch (error) {
        table.close();
        throw error;
      }
    });
  }

  async get(keys: readonly ItemKey[]): Promise<(StateItem | undefined)[]> {
    const now = this.clock();
    return this.answering(() =>
      keys.map(({ pk, sk }) => {
        const newest = this.newest(stored(pk), stored(sk));
        return newest !== undefined && isLive(newest, now) ? { pk, sk, version: newest.version, body: newest.body } : undefined;
      }),
    );
  }

  async query(pk: string): Promise<StateItem[]> {
    const now = this.clock();
    const key = stored(pk);
    return this.answering(() => {
      const live: StateItem[] = [];
      for (const { sk, version, body, expiresAtMs } of this.table.readAll(key)) {
        const isNewest = this.held.get(key, sk)?.state.inJournal === undefined;
        if (isNewest && isLive({ version, expiresAtMs }, now)) live.push({ pk, sk: original(sk), version, body });
      }
      for (const { sk, state } of this.held.of(key)) {
        if (state.inJournal === undefined || !isLive(state, now)) continue;
        live.push({ pk, sk: original(sk), version: state.version, body: this.journal.read(state.inJournal) });
      }
      return live.sort((a, b) => (a.sk < b.sk ? -1 : a.sk > b.sk ? 1 : 0));
    });
  }

  async put(writes: readonly StateWrite[]): Promise<boolean[]> {
    const now = this.clock();
    return this.answering(() => {
      const batch = new Batch();
      const applied = writes.map(({ pk, sk, expectedVersion, body, expiresAtMs }) => {
        const item = this.hold(stored(pk), stored(sk));
        const version = isLive(item.state, now) ? item.state.version : 0;
        if (version !== expectedVersion) return false;
        batch.write(item, { pk: item.pk, sk: item.sk, version: version + 1, body, expiresAtMs: expiresAtMs ?? null });
        return true;
      });
      this.record(batch);
      return applied;
    });
  }

  async remove(keys: readonly ItemKey[]): Promise<void> {
    this.answering(() => {
      const batch = new Batch();
      for (const { pk, sk } of keys) {
        const item = this.hold(stored(pk), stored(sk));
        if (item.state.version > 0) batch.write(item, { pk: item.pk, sk: item.sk, version: 0, body: '', expiresAtMs: null });
      }
      this.record(batch);
    });
  }

  /** Really removes the bytes of items that were removed or replaced, from journal and table. */
  scrub(): void {
    this.answering(() => {
      this.fold();
      this.table.scrub();
    });
  }

  /** Closes the files; nothing is lost without it. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.table.close();
    this.journal.close();
  }

  private answering<T>(work: () => T): T {
    return answering(() => {
      // Its file descriptors may be another file's by now.
      if (this.isClosed) throw new Error('it is closed');
      return work();
    });
  }

  private replay({ pk, sk, version, expiresAtMs, body }: JournalRecord): void {
    const item = this.held.get(pk, sk);
    const state = { version, expiresAtMs, inJournal: body };
    if (item === undefined) this.held.add({ pk, sk, state, isInTable: true });
    else item.state = state;
  }

  private hold(pk: string, sk: string): HeldItem {
    const known = this.held.get(pk, sk);
    if (known !== undefined) return known;
    return this.remember(pk, sk, this.table.read(pk, sk));
  }

  private remember(pk: string, sk: string, row: JournalEntry | undefined): HeldItem {
    if (this.unchangedCount >= UNCHANGED_MAX) {
      this.held = this.held.filter(({ state }) => state.inJournal !== undefined);
      this.unchangedCount = 0;
    }
    const state = row === undefined ? ABSENT : { version: row.version, expiresAtMs: row.expiresAtMs, inJournal: undefined };
    const item = { pk, sk, state, isInTable: row !== undefined };
    this.held.add(item);
    this.unchangedCount += 1;
    return item;
  }

  private newest(pk: string, sk: string): Pick<JournalEntry, 'version' | 'body' | 'expiresAtMs'> | undefined {
    const state = this.held.get(pk, sk)?.state;
    if (state?.version === 0) return undefined;
    if (state?.inJournal !== undefined) return { ...state, body: this.journal.read(state.inJournal) };
    const row = this.table.read(pk, sk);
    if (state === undefined) this.remember(pk, sk, row);
    return row;
  }

  private record(batch: Batch): void {
    if (batch.entries.length === 0) return;
    try {
      batch.settle(this.journal.append(batch.entries));
    } catch (error) {
      batch.undo();
      throw error;
    }
    if (this.journal.bytes >= this.foldBytes) this.fold();
  }

  private fold(): void {
    const now = this.clock();
    this.table.apply(this.news(), now);
    this.journal.empty();
    this.held = this.held.filter(({ state }) => isLive(state, now));
    this.unchangedCount = 0;
    for (const item of this.held) {
      item.state = { ...item.state, inJournal: undefined };
      item.isInTable = true;
      this.unchangedCount += 1;
    }
  }

  /** Items that differ from the table. */
  private *news(): Generator<JournalEntry> {
    for (const { pk, sk, state, isInTable } of this.held) {
      const { version, expiresAtMs, inJournal } = state;
      if (inJournal === undefined || (version === 0 && !isInTable)) continue;
      yield { pk, sk, version, expiresAtMs, body: this.journal.read(inJournal) };
    }
  }
}

/** The writes of one call, each seen by the next, and a way back if they cannot be recorded. */
class Batch {
  readonly entries: JournalEntry[] = [];
  private readonly items: HeldItem[] = [];
  private readonly before: ItemState[] = [];

  write(item: HeldItem, entry: JournalEntry): void {
    this.entries.push(entry);
    this.items.push(item);
    this.before.push(item.state);
    item.state = { version: entry.version, expiresAtMs: entry.expiresAtMs, inJournal: NOT_YET };
  }

  /** Notes where the bodies lie, in the order of the writes. */
  settle(places: readonly BodyPlace[]): void {
    for (const [i, item] of this.items.entries()) item.state = { ...item.state, inJournal: places[i] };
  }

  undo(): void {
    for (const [i, item] of [...this.items.entries()].reverse()) item.state = this.before[i] ?? ABSENT;
  }
}

/** Place of a body that is about to be recorded; nothing reads it before. */
const NOT_YET: BodyPlace = { at: 0, bytes: 0 };

function isLive({ version, expiresAtMs }: Pick<ItemState, 'version' | 'expiresAtMs'>, now: number): boolean {
  return version > 0 && (expiresAtMs === null || expiresAtMs >= now);
}

/** Runs storage work; a fault of the storage is retriable, since the stream hands the batch out again. */
function answering<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new RetriableError(`the state store did not answer: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function stored(key: string): string {
  return key.isWellFormed() && !key.startsWith(ESCAPED) ? key : `${ESCAPED}${JSON.stringify(key)}`;
}

function original(key: string): string {
  return key.startsWith(ESCAPED) ? (JSON.parse(key.slice(ESCAPED.length)) as string) : key;
}
