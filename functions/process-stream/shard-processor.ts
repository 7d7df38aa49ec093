import { RetriableError } from '../../core/errors.ts';
import { openAfter, windowUpdatesOf } from '../../core/fold.ts';
import type { Event } from '../../core/model.ts';
import { type Judged, judgeBatch, type Profile, type Unit } from '../../core/processor.ts';
import { shardKey } from '../../core/state/keys.ts';
import type { ShardState } from '../../core/state/shard.ts';
import { type BegunBatch, beginBatch, type OpenedShard, openShard, shardRefOf } from './begin.ts';
import type { ProcessStreamPorts } from './handler.ts';
import { SliceChains, type WrittenLinks } from './slices.ts';
import { BatchState } from './state.ts';

/** Table whose rows subscribers are told of. */
const ALERT_TABLE = 'alerts';

/** Processes the batches of one shard, one at a time, in the fixed order: context, profiles, delivery, windows, shard item. */
export class ShardProcessor {
  private readonly ports: ProcessStreamPorts;
  private readonly shardId: string;
  private readonly shardRef: string;
  private readonly state: BatchState;
  private readonly slices: SliceChains;
  /** `attempts` of the shard item as this instance last wrote it: unequal means that another instance was here. */
  private lastAttempt: number | undefined;

  constructor(ports: ProcessStreamPorts, shardId: string) {
    this.ports = ports;
    this.shardId = shardId;
    this.shardRef = shardRefOf(ports.streamEpoch, shardId);
    this.state = new BatchState(ports.store);
    const { store, streamEpoch, compactLength } = ports;
    this.slices = new SliceChains({ store, streamEpoch, shardId, ...(compactLength === undefined ? {} : { compactLength }) });
  }

  /** Processes records in stream order and returns how many of them are done; the rest needs another call. */
  async process(units: readonly Unit[]): Promise<number> {
    const opened = await openShard(this.ports.store, this.ports.plan, {
      streamEpoch: this.ports.streamEpoch,
      shardId: this.shardId,
      parentsOf: this.ports.parentsOf,
    });
    const hi = opened.state.hi ?? '';
    const fresh = units.filter(({ raw }) => raw.position > hi);
    const [first, last] = [fresh[0], fresh.at(-1)];
    if (first === undefined || last === undefined) return units.length;
    if (opened.state.attempts !== this.lastAttempt) this.state.forget();
    this.lastAttempt = undefined;
    const begun = await beginBatch(this.ports.store, this.ports.plan, opened, {
      streamEpoch: this.ports.streamEpoch,
      shardId: this.shardId,
      first: first.raw.position,
      last: last.raw.position,
      ruleSet: await this.ports.rules.current(),
    });
    const covered = fresh.filter(({ raw }) => raw.position <= begun.through);
    await this.run(opened, begun, covered);
    this.lastAttempt = begun.state.attempts;
    return units.length - (fresh.length - covered.length);
  }

  private async run(opened: OpenedShard, begun: BegunBatch, units: readonly Unit[]): Promise<void> {
    const { plan, delivery } = this.ports;
    const events = units.flatMap(({ parsed }) => ('event' in parsed ? [parsed.event] : []));
    const { profiles, isFromStore } = await this.state.loadProfiles(new Set(events.map(({ key }) => key)));
    if (isFromStore) await this.assertCurrent(begun);
    const judged = judgeBatch({
      plan,
      rules: await this.ports.rules.of(begun.context.ruleSet),
      shardRef: this.shardRef,
      shard: begun.state,
      context: begun.context,
      units,
      profiles: new Map<string, Profile>([...profiles].map(([key, { state }]) => [key, state])),
      tilesOf: await this.loadTiles(events, begun),
      leastMs: opened.closer.closedMs,
      sessionsClosedMs: opened.closer.sessionsClosedMs,
    });
    const changed = new Set(judged.verdicts.flatMap(({ event, isFresh }) => (event !== undefined && isFresh ? [event.key] : [])));
    await this.state.storeProfiles(profiles, changed, `${this.shardRef}#${begun.state.attempts}`);
    // Only what the profiles have decided is told: a swap that is lost would have told of a verdict that never was.
    const delivered = this.ports.rows.batchRows({
      shardId: this.shardId,
      context: begun.context,
      isContextNew: begun.isContextNew,
      verdicts: judged.verdicts,
    });
    await delivery.deliver(delivered);
    await this.ports.alerts?.put(delivered.flatMap(({ table, rows }) => (table === ALERT_TABLE ? rows : [])));
    const deliveredMs = this.ports.clock();
    const updates = windowUpdatesOf(plan, judged.verdicts);
    const links = await this.slices.append(begun.state.attempts, updates.slices, begun.state.open);
    await this.finish(begun, this.nextState(opened, begun, judged, { links, lastWindowEndMs: updates.lastWindowEndMs }));
    // Only now is every event of it in its bin for good: a batch that failed before would be counted again.
    this.ports.observe?.({ shardId: this.shardId, verdicts: judged.verdicts, deliveredMs });
    await this.slices.clean(links);
  }

  private async loadTiles(events: readonly Event[], begun: BegunBatch): ReturnType<BatchState['loadTiles']> {
    const { plan } = this.ports;
    const judgedEvents = events.filter(({ type }) => type === plan.pipeline.decision?.over);
    return this.state.loadTiles(plan, judgedEvents, begun.context.tileFrontierMs);
  }

  private nextState(
    opened: OpenedShard,
    begun: BegunBatch,
    judged: Judged,
    windows: { readonly links: WrittenLinks; readonly lastWindowEndMs: number | null },
  ): ShardState {
    const { state } = begun;
    const hi = judged.verdicts.at(-1)?.raw.position ?? state.hi;
    return {
      ...state,
      hi,
      through: state.through !== null && hi !== null && state.through > hi ? state.through : hi,
      maxEventMs: judged.maxEventMs,
      counters: judged.counters,
      open: openAfter(this.ports.plan, state.open, windows.links.heads, opened.closer.clearedMs),
      lastWindowEndMs: greatest(state.lastWindowEndMs, windows.lastWindowEndMs),
    };
  }

  /**
   * Stops an overdue instance. Once others have finished this batch, a child shard may drop what profiles remember of this shard;
   * profiles that were read while the shard item stands unchanged still have it, so the check comes after the read.
   */
  private async assertCurrent({ version }: BegunBatch): Promise<void> {
    const [item] = await this.ports.store.get([shardKey(this.ports.streamEpoch, this.shardId)]);
    if (item?.version !== version)
      throw new RetriableError(`shard ${this.shardId}: another instance has gone on with this batch; this one stops`);
  }

  private async finish(begun: BegunBatch, next: ShardState): Promise<void> {
    const key = shardKey(this.ports.streamEpoch, this.shardId);
    const [written] = await this.ports.store.put([{ ...key, expectedVersion: begun.version, body: JSON.stringify(next) }]);
    if (!written)
      throw new RetriableError(`shard ${this.shardId}: its item changed before the batch was finished; the batch will be tried again`);
  }
}

function greatest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
