import { compilePlan, type Plan } from '../../core/plan.ts';
import type { ShardInfo, StreamShards } from '../../core/ports.ts';
import { createRandom, type Random } from '../../core/random.ts';
import { parseCloser } from '../../core/state/closer.ts';
import { closerKey, shardsPk } from '../../core/state/keys.ts';
import { parseShard } from '../../core/state/shard.ts';
import { createCloseWindows } from '../../functions/close-windows/handler.ts';
import { ruleAlerts } from '../../functions/deliver-alerts/arrival.ts';
import { createDeliverAlerts } from '../../functions/deliver-alerts/handler.ts';
import { StateOutbox } from '../../functions/deliver-alerts/outbox.ts';
import { lazy } from '../../functions/lazy.ts';
import { createProcessStream } from '../../functions/process-stream/handler.ts';
import { createRowBuilder, type RowBuilder } from '../../lake/rows.ts';
import { openRuleBook } from '../../lake/rules/book.ts';
import { Actor } from './actor.ts';
import { SimAlerts, SimSubscriber } from './alerts.ts';
import { VirtualTime } from './clock.ts';
import { type FaultPlan, RandomFaults } from './faults.ts';
import { SimLake } from './lake.ts';
import { type Limits, NO_LIMITS } from './limits.ts';
import { type Instance, type MappingSwitches, SimMapping } from './mapping.ts';
import { BUILDS, type Build } from './pipeline.ts';
import { aheadMs, Producers } from './producers.ts';
import { SimRules } from './rules.ts';
import { SimTable } from './state.ts';
import { SimStream } from './stream.ts';
import { type Swarm, swarmOf } from './swarm.ts';

const START_MS = Date.parse('2026-01-05T10:07:00Z');
const EPOCH = '1';
/** Faults go on for that long after the last event, ms. */
const AFTERMATH_MS = 300_000;
/** After that much quiet time something must have been stuck, ms. */
const QUIET_MS_MAX = 5 * 86_400_000;
/** Overdue writes land within that time, ms. */
const OVERDUE_MS = 300_000;
/** Rounds of the closer come less and less often while nothing happens, ms at most. */
const CLOSE_MS_MAX = 1_800_000;
/** A round that takes longer is given up, ms. */
const ROUND_MS_MAX = 60_000;
const CLOCK_STEP_MS = 3_600_000;
/** Whether all is done is asked once in so many steps, since it takes time to say. */
const SETTLED_STEPS = 16;
/** Work past that is no schedule but a loop. */
const STEPS_MAX = 40_000;

interface CompiledBuild extends Build {
  readonly plan: Plan;
  readonly rows: RowBuilder;
}

const COMPILED: readonly CompiledBuild[] = BUILDS.map((build) => ({
  ...build,
  plan: compilePlan(build.pipeline),
  rows: createRowBuilder(build.pipeline),
}));

/** Planted bugs of the world around the handlers. */
export interface WorldSwitches extends MappingSwitches {
  /** The state table applies writes whatever they expect. */
  readonly ignoresVersions?: boolean;
}

/** What of a world is not as its seed has it. */
export interface WorldOptions {
  readonly limits?: Limits;
  readonly switches?: WorldSwitches;
  readonly faults?: FaultPlan;
  readonly swarm?: Swarm;
}

/** One seeded world: the real handlers over a stream, a table, a lake and subscribers that fail as planned. */
export class World {
  readonly swarm: Swarm;
  readonly time = new VirtualTime(START_MS);
  readonly stream: SimStream;
  readonly table: SimTable;
  readonly lake = new SimLake();
  readonly faults: FaultPlan;
  readonly mapping: SimMapping;
  readonly alerts: SimAlerts;
  readonly subscribers: readonly SimSubscriber[];
  readonly producers: Producers;
  readonly rules = new SimRules();
  /** In which order shards came to each key: position reached, by key. */
  readonly keyOrder = new Map<string, { readonly shard: string; readonly hi: string }[]>();
  isStuck = false;
  private readonly random: Random;
  private free: Instance[] = [];
  private build = 0;
  private newestBuild = 0;
  private clockStepMs = 0;
  private isCalm = false;
  private rounds = 0;
  private quietRounds = 0;
  private oldList: ShardInfo[] = [];

  constructor(seed: number, { limits = NO_LIMITS, switches = {}, faults, swarm }: WorldOptions = {}) {
    const drawn = swarm ?? swarmOf(seed);
    this.swarm = { ...drawn, events: Math.min(drawn.events, limits.eventsMax), reshards: Math.min(drawn.reshards, limits.reshardsMax) };
    this.random = createRandom(seed * 2 + 1);
    this.faults = faults ?? new RandomFaults(createRandom(seed * 2 + 2 ** 33), this.swarm.rates, limits);
    const { time, random } = this;
    const parts = { time, random, faults: this.faults };
    this.stream = new SimStream(this.swarm.shards);
    this.table = new SimTable(() => time.nowMs, { applied: (write, isNew) => this.applied(write, isNew) });
    this.table.ignoresVersions = switches.ignoresVersions === true;
    this.producers = new Producers({ ...parts, stream: this.stream, swarm: this.swarm });
    this.subscribers = ['bus', 'topic'].map((name) => new SimSubscriber(name, parts));
    this.mapping = new SimMapping({
      ...parts,
      stream: this.stream,
      batchMax: this.swarm.batchMax,
      switches,
      take: () => this.takeInstance(),
      giveBack: (instance) => {
        if (!this.isCalm || instance.build === this.build) this.free.push(instance);
      },
    });
    this.alerts = new SimAlerts({ ...parts, tickMs: () => this.roundMs(), open: () => this.openAlerts() });
  }

  /** Plays the whole schedule: faults while events come and a while longer, then quiet until all is done or stuck. */
  async play(): Promise<void> {
    this.mapping.wake();
    this.alerts.start();
    this.nextPut();
    this.planReshards();
    this.time.after(this.random.below(Math.max(1, this.spanMs())), () => void this.rules.change(this.time.nowMs, aheadMs(this.swarm)));
    this.nextRound(this.swarm.closeEveryMs);
    await this.time.run(() => this.producers.isDone || this.time.steps > STEPS_MAX, Number.POSITIVE_INFINITY);
    const aftermathEndMs = this.time.nowMs + this.random.below(AFTERMATH_MS);
    await this.time.run(() => this.time.nowMs >= aftermathEndMs || this.time.steps > STEPS_MAX, Number.POSITIVE_INFINITY);
    this.calm();
    const limitMs = this.time.nowMs + QUIET_MS_MAX;
    await this.time.run(() => (this.time.steps % SETTLED_STEPS === 0 && this.isSettled()) || this.time.steps > STEPS_MAX, limitMs);
    this.isStuck = !this.isSettled();
    // Writes that are still under way must not change anything any more.
    const overdueMs = this.time.nowMs + OVERDUE_MS;
    await this.time.run(() => this.time.nowMs >= overdueMs || this.time.steps > STEPS_MAX, Number.POSITIVE_INFINITY);
  }

  /** Everything sent is processed, every window that holds an event is closed and cleared, every alert delivered. */
  isSettled(): boolean {
    if (!this.isCalm || !this.producers.isDone) return false;
    if (!this.stream.shards.every((shard) => this.mapping.isCaughtUp(shard))) return false;
    const [item] = this.table.get([closerKey(EPOCH)]);
    const closer = parseCloser(item?.body);
    if (closer.closedMs !== closer.clearedMs) return false;
    const lateness = BUILDS[0].pipeline.time.allowedLatenessMs;
    for (const { body } of this.table.query(shardsPk(EPOCH))) {
      const { lastWindowEndMs } = parseShard(body);
      if (lastWindowEndMs === null) continue;
      if (closer.closedMs === null || closer.closedMs <= lastWindowEndMs + lateness) return false;
      if (closer.sessionsClosedMs === null || closer.sessionsClosedMs <= lastWindowEndMs + lateness) return false;
    }
    return this.subscribers.every(({ taken }) => taken.size >= this.alerts.count);
  }

  /** Ledger counters by shard, as the shard items say. */
  ledger(): { readonly shard: string; readonly counters: ReturnType<typeof parseShard>['counters'] }[] {
    return this.table.query(shardsPk(EPOCH)).map(({ sk, body }) => ({ shard: sk, counters: parseShard(body).counters }));
  }

  private applied(write: Parameters<SimTable['put']>[0][number], isNew: boolean): void {
    this.alerts.applied(write, isNew);
    if (!write.pk.startsWith('profile#') || write.sk !== 'profile') return;
    const key = write.pk.slice('profile#'.length);
    const { hi } = JSON.parse(write.body.split('\n')[2] ?? '{}') as { hi: Record<string, string> };
    const order = this.keyOrder.get(key) ?? [];
    this.keyOrder.set(key, order);
    for (const [ref, position] of Object.entries(hi)) {
      const shard = ref.slice(EPOCH.length + 1);
      const last = order.findLast((one) => one.shard === shard);
      if (last === undefined || last.hi < position) order.push({ shard, hi: position });
    }
  }

  private nextPut(): void {
    if (this.producers.isDone) return;
    this.time.after(this.swarm.paceMs * this.random.exponential(), () => {
      this.producers.put(this.time.nowMs);
      this.mapping.wake();
      if (this.faults.happens('clock')) this.clockStepMs = this.random.pick([-1, 0, 1]) * CLOCK_STEP_MS;
      this.nextPut();
    });
  }

  private spanMs(): number {
    return this.swarm.paceMs * this.swarm.events;
  }

  private planReshards(): void {
    const spanMs = this.spanMs();
    for (let i = 0; i < this.swarm.reshards; i += 1) {
      this.time.after(this.random.below(Math.max(1, spanMs)), () => {
        this.oldList = this.stream.list();
        const isSplit = this.random.chance(0.5) || !this.stream.merge();
        if (isSplit) this.stream.split(this.random.pick(this.stream.open()));
        this.faults.counts.set('reshard', (this.faults.counts.get('reshard') ?? 0) + 1);
        this.mapping.wake();
      });
    }
  }

  private calm(): void {
    this.isCalm = true;
    this.faults.calm();
    // A build that is older than the definition on record cannot go on; operators finish a deployment.
    this.build = this.newestBuild;
    this.free = [];
    this.clockStepMs = 0;
    for (const subscriber of this.subscribers) subscriber.recover();
  }

  private actor(kind: string): Actor {
    return new Actor(kind, { time: this.time, random: this.random, faults: this.faults });
  }

  private readonly clock = (): number => this.time.nowMs + this.clockStepMs;

  private takeInstance(): Instance {
    if (this.faults.happens('version')) {
      this.build = 1 - this.build;
      this.newestBuild = Math.max(this.newestBuild, this.build);
      return this.openProcessor();
    }
    if (this.free.length > 0 && !this.faults.happens('cold')) {
      const [instance] = this.free.splice(this.random.below(this.free.length), 1);
      if (instance !== undefined) return instance;
    }
    return this.openProcessor();
  }

  private openProcessor(): Instance {
    const actor = this.actor('process-stream');
    const { plan, rows, pipeline } = COMPILED[this.build] as CompiledBuild;
    const store = this.table.seenBy(actor);
    const { compactLength } = this.swarm;
    const open = lazy(async () => {
      return createProcessStream({
        ...{ plan, rows, store, delivery: this.lake.seenBy(actor), clock: this.clock, streamEpoch: EPOCH },
        rules: await openRuleBook({ pipeline, rules: BUILDS[0].rules }, this.rules.seenBy(actor), this.clock),
        parentsOf: async (shardId) => (await this.shards(actor).list()).find((shard) => shard.shardId === shardId)?.parents,
        alerts: new StateOutbox(store, this.clock),
        ...(compactLength === undefined ? {} : { compactLength }),
      });
    });
    return { actor, build: this.build, handle: async (event) => (await open())(event, this.clock() + ROUND_MS_MAX / 2) };
  }

  private shards(actor: Actor): StreamShards {
    const list = (): ShardInfo[] => (this.oldList.length > 0 && this.faults.happens('stale-list') ? this.oldList : this.stream.list());
    return {
      list: () => actor.call('list', { whole: list, isRead: true }),
      hasUnread: (shardId, sequence) => actor.call('hasUnread', { whole: () => this.stream.hasUnread(shardId, sequence), isRead: true }),
    };
  }

  private roundMs(): number {
    if (!this.isCalm) return this.swarm.closeEveryMs;
    return Math.min(CLOSE_MS_MAX, 30_000 * 1.2 ** this.quietRounds);
  }

  private nextRound(delayMs: number): void {
    this.time.after(delayMs, () => {
      if (this.rounds > 0 && !this.faults.happens('closers')) {
        this.nextRound(this.roundMs());
        return;
      }
      void this.round();
      if (this.isCalm) this.quietRounds += 1;
      this.nextRound(this.roundMs());
    });
  }

  private async round(): Promise<void> {
    const actor = this.actor('close-windows');
    const { plan, rows } = COMPILED[this.newestBuild] as CompiledBuild;
    this.rounds += 1;
    await new Promise<void>((resolve) => {
      actor.onDeath = resolve;
      this.time.after(ROUND_MS_MAX, resolve);
      const ports = {
        plan,
        rows,
        store: this.table.seenBy(actor),
        delivery: this.lake.seenBy(actor),
        clock: this.clock,
        streamEpoch: EPOCH,
      };
      createCloseWindows({ ...ports, shards: this.shards(actor) })({ kind: 'live' }).then(
        () => resolve(),
        () => resolve(),
      );
    });
    this.rounds -= 1;
  }

  private openAlerts(): ReturnType<ConstructorParameters<typeof SimAlerts>[0]['open']> {
    const actor = this.actor('deliver-alerts');
    const { pipeline, rules } = COMPILED[this.newestBuild] as CompiledBuild;
    const store = this.table.seenBy(actor);
    const handle = createDeliverAlerts({
      store,
      pipeline,
      ruleAlertOf: ruleAlerts(rules, this.rules.seenBy(actor)),
      snoozes: async () => [],
      delivery: this.lake.seenBy(actor),
      subscribers: this.subscribers.map((one) => one.seenBy(actor)),
      clock: this.clock,
      random: () => this.random.unit(),
    });
    return { actor, handle };
  }
}
