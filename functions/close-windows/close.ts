import { type DueWindow, dueTimers, dueWindows, sessionTarget } from '../../core/closing.ts';
import { RetriableError } from '../../core/errors.ts';
import type { Row } from '../../core/ports.ts';
import { appendTile, type KeyTiles, parseTiles, sealTile } from '../../core/profiles/tiles.ts';
import type { CloserState, OpenedCloser } from '../../core/state/closer.ts';
import { closerKey, profileKey, tilesKey } from '../../core/state/keys.ts';
import { parseSessions } from '../../core/state/profile.ts';
import { isPending, type ShardState } from '../../core/state/shard.ts';
import { tileFamilyName, tileOfAccumulator } from '../../core/windows/families.ts';
import { resultsOf, sessionResultsOf, type WindowResult } from '../../core/windows/results.ts';
import { finalSessions } from '../../core/windows/sessions.ts';
import type { SliceState } from '../../core/windows/slice.ts';
import type { CloseWindowsPorts } from './handler.ts';
import { shardItems } from './shards.ts';
import { SliceReader } from './slices.ts';

/** Rows handed to delivery in one call at most: bounds memory when many windows close at once. */
const ROWS_MAX = 5_000;

/** Emits everything final at `targetMs` that was not before; the caller records what is `closed` afterwards. */
export async function closeThrough(
  ports: CloseWindowsPorts,
  opened: OpenedCloser,
  target: { readonly targetMs: number; readonly isEndOfInput: boolean },
): Promise<{ readonly closed: Pick<CloserState, 'closedMs' | 'sessionsClosedMs' | 'windowsClosed'>; readonly slices: SliceReader }> {
  const closer = opened.state;
  const fence = new Fence(ports, opened.version);
  const known = await shardItems(ports);
  const shards = known.map(({ state }) => state);
  const emitter = new Emitter(ports, fence);
  const due = dueWindows(ports.plan, shards, { fromMs: closer.closedMs, toMs: target.targetMs });
  const slices = new SliceReader(ports, known);
  const oldestFrontierMs = oldestPendingFrontier(shards);
  for (const window of due) {
    const merged = await slices.readWindow(window);
    if (window.family.aggregate !== undefined) await emitter.emit(resultsOf(window.family, window.startMs, merged));
    else await storeTiles(ports, fence, window, merged, oldestFrontierMs);
  }
  const sessionsClosedMs = Math.max(
    sessionTarget(target.targetMs, target.isEndOfInput),
    closer.sessionsClosedMs ?? Number.NEGATIVE_INFINITY,
  );
  for (const minute of dueTimers(shards, { fromMs: closer.sessionsClosedMs, toMs: sessionsClosedMs })) {
    await emitSessions(
      ports,
      emitter,
      { minute, keys: await slices.readTimers(minute) },
      { fromMs: closer.sessionsClosedMs, toMs: sessionsClosedMs },
    );
  }
  await emitter.flush();
  const closed = { closedMs: target.targetMs, sessionsClosedMs, windowsClosed: closer.windowsClosed + emitter.count };
  return { closed, slices };
}

/**
 * Stops an overdue round. Parts of a slice are cleared only after the closer's item has moved on, so whatever was read while that
 * item stands unchanged was read whole: the check belongs between the reads and the first write that uses them.
 */
class Fence {
  private readonly ports: CloseWindowsPorts;
  private readonly version: number;

  constructor(ports: CloseWindowsPorts, version: number) {
    this.ports = ports;
    this.version = version;
  }

  async check(): Promise<void> {
    const [item] = await this.ports.store.get([closerKey(this.ports.streamEpoch)]);
    if ((item?.version ?? 0) !== this.version)
      throw new RetriableError('another closer finished this round first; this one stops before it writes');
  }
}

/** Collects result rows and delivers them in chunks. */
class Emitter {
  count = 0;
  private readonly ports: CloseWindowsPorts;
  private rows = new Map<string, Row[]>();
  private pending = 0;
  private readonly fence: Fence;

  constructor(ports: CloseWindowsPorts, fence: Fence) {
    this.ports = ports;
    this.fence = fence;
  }

  async emit(results: readonly WindowResult[]): Promise<void> {
    for (const result of results) {
      const rows = this.rows.get(result.aggregate);
      const row = this.ports.rows.windowRow(result);
      if (rows === undefined) this.rows.set(result.aggregate, [row]);
      else rows.push(row);
    }
    this.count += results.length;
    this.pending += results.length;
    if (this.pending >= ROWS_MAX) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.pending === 0) return;
    const batch = [...this.rows].map(([table, rows]) => ({ table, rows }));
    this.rows = new Map();
    this.pending = 0;
    await this.fence.check();
    await this.ports.delivery.deliver(batch);
  }
}

/** Least tile frontier that the retry of an unfinished batch may still read by; +Infinity when no batch is unfinished. */
function oldestPendingFrontier(shards: readonly ShardState[]): number {
  const frontiers = shards.filter(isPending).map(({ context }) => context?.tileFrontierMs ?? Number.POSITIVE_INFINITY);
  return Math.min(Number.POSITIVE_INFINITY, ...frontiers);
}

async function storeTiles(
  ports: CloseWindowsPorts,
  fence: Fence,
  window: DueWindow,
  { groups: merged }: SliceState,
  oldestFrontierMs: number,
): Promise<void> {
  const ring = ports.plan.tileFeatures.rings.find((one) => tileFamilyName(one) === window.family.name);
  if (ring === undefined) throw new Error(`window family ${window.family.name} has no tile ring`);
  const groups = Object.entries(merged);
  const keys = groups.map(([groupKey]) => tilesKey(ring.ringId, groupKey));
  // Reads end at the frontier or later, except those of a batch begun under an older one.
  const expireBeforeMs = Math.min(window.startMs, oldestFrontierMs) - ring.windowMsMax - ring.delayMsMax;
  const items = await ports.store.get(keys);
  const writes = keys.map((key, i) => {
    const before: KeyTiles = items[i] === undefined ? [] : parseTiles(items[i].body);
    const accumulator = groups[i]?.[1];
    if (accumulator === undefined) throw new Error(`tile group ${i} of ${window.family.name} vanished`);
    const tiles = appendTile(before, window.startMs, sealTile(tileOfAccumulator(accumulator), ring), expireBeforeMs);
    return { ...key, expectedVersion: items[i]?.version ?? 0, body: JSON.stringify(tiles) };
  });
  await fence.check();
  const written = await ports.store.put(writes);
  if (written.includes(false)) throw new RetriableError(`tiles of ${window.family.name} changed under this round; it will be tried again`);
}

async function emitSessions(
  ports: CloseWindowsPorts,
  emitter: Emitter,
  { minute, keys }: { readonly minute: number; readonly keys: readonly string[] },
  range: { readonly fromMs: number | null; readonly toMs: number },
): Promise<void> {
  const profiles = await ports.store.get(keys.map(profileKey));
  const lateness = ports.plan.pipeline.time.allowedLatenessMs;
  // Only sessions that this minute's timer stands for: a key with several due sessions has a timer for each.
  const ofMinute = { fromMs: Math.max(minute, range.fromMs ?? minute), toMs: Math.min(minute + 60_000, range.toMs) };
  for (const item of profiles) {
    if (item === undefined) continue;
    const sessions = parseSessions(item.body);
    for (const { aggregate, gapMs, fn } of ports.plan.sessions) {
      const groups = sessions[aggregate.name] ?? {};
      for (const groupKey of Object.keys(groups).sort()) {
        const final = finalSessions(groups[groupKey] ?? [], gapMs, lateness, ofMinute.fromMs, ofMinute.toMs);
        await emitter.emit(sessionResultsOf(aggregate.name, groupKey, final, gapMs, fn));
      }
    }
  }
}
