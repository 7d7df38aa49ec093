import type { Clock, ItemKey, StateStore } from '../../core/ports.ts';
import { alertName, DUE_MINUTES_PK, duePk, KEPT_MS, minuteName } from './keys.ts';

/** A case of which something was to be over by now. */
export interface DueCase {
  readonly entity: string;
  /** Where it is noted. */
  readonly key: ItemKey;
  /** Whether the minute of the note was over when it was found; in one that is not, more may be noted under the same key. */
  readonly isPast: boolean;
}

/** Cases looked at in one tick at most. */
const LOOK_MAX = 500;
const MINUTE_MS = 60_000;
/** An empty minute is forgotten only when no call that began in it can still write: calls end after one minute. */
const MINUTE_OPEN_MS = 5 * MINUTE_MS;

/** When something of a case is over: notes by minute, so that what is due is found without reading all cases. */
export class DueCases {
  private readonly store: StateStore;
  private readonly clock: Clock;

  constructor(store: StateStore, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Notes moments; durable on return. Done before the case itself is written: a note too many is looked at in vain. */
  async note(due: ReadonlyMap<string, number>): Promise<void> {
    const writes = [...due].flatMap(([entity, dueMs]) => {
      const minute = minuteName(dueMs);
      const common = { expectedVersion: 0, expiresAtMs: dueMs + KEPT_MS };
      return [
        { ...common, pk: DUE_MINUTES_PK, sk: minute, body: 'null' },
        { ...common, pk: duePk(minute), sk: alertName(entity), body: JSON.stringify(entity) },
      ];
    });
    if (writes.length > 0) await this.store.put(writes);
  }

  /** What was due by now, the oldest first; bounded. Minutes that are empty for good are forgotten. */
  async list(): Promise<DueCase[]> {
    const nowMs = this.clock();
    const found: DueCase[] = [];
    for (const { sk: minute } of await this.store.query(DUE_MINUTES_PK)) {
      if (minute > minuteName(nowMs) || found.length >= LOOK_MAX) break;
      const noted = await this.store.query(duePk(minute));
      const isPast = minute < minuteName(nowMs);
      found.push(...noted.map(({ pk, sk, body }) => ({ entity: JSON.parse(body) as string, key: { pk, sk }, isPast })));
      const isOver = nowMs - Number(minute) * MINUTE_MS > MINUTE_OPEN_MS;
      if (noted.length === 0 && isOver) await this.store.remove([{ pk: DUE_MINUTES_PK, sk: minute }]);
    }
    return found.slice(0, LOOK_MAX);
  }

  /** Forgets notes that were followed: not those of cases of which something is still to be over in the very minute, by `dueMsOf`. */
  async forget(done: readonly DueCase[], dueMsOf: ReadonlyMap<string, number | null>): Promise<void> {
    const past = done.filter(({ entity, key, isPast }) => {
      const dueMs = dueMsOf.get(entity) ?? null;
      return isPast && (dueMs === null || key.pk !== duePk(minuteName(dueMs)));
    });
    if (past.length > 0) await this.store.remove(past.map(({ key }) => key));
  }
}
