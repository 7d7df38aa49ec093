import type { Patch } from './patch.ts';
import type { Swarm } from './swarm.ts';
import type { WorldSwitches } from './world.ts';

/** A planted bug: the simulator must catch it. */
export interface Mutant {
  readonly name: string;
  readonly patches?: readonly Patch[];
  readonly switches?: WorldSwitches;
  /** Makes the world of a seed one of the kind where it shows, if that is one of thousands. */
  readonly worldOf?: (swarm: Swarm) => Swarm;
}

/** Constants made so small that a schedule of a hundred events passes each of them. */
export const SMALL_LIMITS: readonly Patch[] = [
  { file: 'core/state/ids.ts', find: 'INLINE_IDS_MAX = 500', replace: 'INLINE_IDS_MAX = 4' },
  { file: 'core/windows/chain.ts', find: 'PART_LENGTH_MAX = 96 * 1024', replace: 'PART_LENGTH_MAX = 150' },
  { file: 'functions/process-stream/handler.ts', find: 'UNITS_MAX = 4_096', replace: 'UNITS_MAX = 7' },
  { file: 'functions/process-stream/state.ts', find: 'CACHE_ITEMS_MAX = 20_000', replace: 'CACHE_ITEMS_MAX = 3' },
  { file: 'functions/close-windows/clear.ts', find: 'REMOVED_AT_ONCE = 1_000', replace: 'REMOVED_AT_ONCE = 5' },
  { file: 'functions/close-windows/close.ts', find: 'ROWS_MAX = 5_000', replace: 'ROWS_MAX = 6' },
  { file: 'functions/close-windows/slices.ts', find: 'SLICES_KEPT = 64', replace: 'SLICES_KEPT = 2' },
];

const PROCESSOR = 'core/processor.ts';
const SHARD_PROCESSOR = 'functions/process-stream/shard-processor.ts';

/** What goes wrong in stream processors, each planted once. */
export const MUTANTS: readonly Mutant[] = [
  { name: 'no compare-and-swap', switches: { ignoresVersions: true } },
  {
    name: 'sequence numbers as Number',
    patches: [
      {
        file: 'core/decode/position.ts',
        find: "return sequence.length === SEQUENCE_DIGITS ? sequence : sequence.padStart(SEQUENCE_DIGITS, '0');",
        replace: "return BigInt(Number(sequence)).toString().padStart(SEQUENCE_DIGITS, '0');",
      },
    ],
  },
  {
    name: 'seen-id set',
    patches: [
      {
        file: PROCESSOR,
        find: 'if (!isFresh) return {',
        replace: "if (!isFresh) return { raw, watermarkMs, event, isFresh, lane: 'duplicate' };\n  if (!isFresh) return {",
      },
    ],
  },
  {
    name: 'ids capped by count',
    patches: [
      {
        file: PROCESSOR,
        find: 'if (leastMs !== null) forgetIds(profile.ids, leastMs - duplicateMemoryMs);',
        replace: 'profile.ids.recent = profile.ids.recent.slice(-3);',
      },
    ],
  },
  { name: 'discard after three tries', switches: { discardAfter: 3 } },
  {
    name: 'ADD: every try adds',
    patches: [
      {
        file: 'core/windows/chain.ts',
        find: '  const slices: SliceState[] = [];\n  for (let at: number | null = attempt;',
        replace:
          '  if (attempt >= 0) return items.map(({ body }) => sliceOf(JSON.parse(body) as LinkBody));\n  const slices: SliceState[] = [];\n  for (let at: number | null = attempt;',
      },
    ],
  },
  {
    name: 'watermark moves back',
    patches: [
      {
        file: 'core/time/watermark.ts',
        find: 'eventMs <= clock.maxEventMs) return clock;',
        replace: 'eventMs === clock.maxEventMs) return clock;',
      },
    ],
  },
  {
    name: 'late by the watermark of the pipeline',
    patches: [
      {
        file: PROCESSOR,
        find: 'isLate(event.timeMs, watermarkMs, allowedLatenessMs)',
        replace: 'isLate(event.timeMs, input.leastMs, allowedLatenessMs)',
      },
    ],
  },
  { name: 'child before its parents', switches: { childFirst: true } },
  { name: 'merge with one parent', switches: { oneParent: true } },
  { name: 'two batches of a shard at once', switches: { parallel: 2 } },
  {
    name: 'error swallowed',
    patches: [
      {
        file: 'functions/process-stream/handler.ts',
        find: 'at += await processor.process(part);',
        replace: 'at += await processor.process(part).catch(() => part.length);',
      },
    ],
  },
  {
    name: 'duplicate memory too short',
    patches: [{ file: PROCESSOR, find: 'forgetIds(profile.ids, leastMs - duplicateMemoryMs)', replace: 'forgetIds(profile.ids, leastMs)' }],
  },
  {
    name: 'rules as they once were read',
    patches: [
      {
        file: 'lake/rules/book.ts',
        find: 'if (name !== undefined && isFresh(clock() - readMs)) return name;',
        replace: 'if (name !== undefined) return name;',
      },
    ],
  },
  {
    name: 'rules of the newest change for all times',
    patches: [
      {
        file: 'core/rules/schedule.ts',
        find: '(change.fromMs === null || change.fromMs <= eventMs)',
        replace: '(change.fromMs === null || eventMs > 0)',
      },
    ],
  },
  {
    name: 'alert id from a time',
    patches: [
      {
        file: 'lake/rows.ts',
        find: 'alert_id: alertIdOf(fired.ruleId, event.key, event.id),',
        replace: 'alert_id: alertIdOf(fired.ruleId, event.key, `${event.id}@${performance.now()}`),',
      },
    ],
  },
  {
    name: 'finished records added again',
    patches: [
      {
        file: SHARD_PROCESSOR,
        find: 'units.filter(({ raw }) => raw.position > hi)',
        replace: "units.filter(({ raw }) => hi !== '?' && raw.position !== '')",
      },
    ],
  },
  {
    name: 'money as float',
    patches: [
      {
        file: 'core/aggregates/sums.ts',
        find: 'return value === undefined ? sum : addExact(sum, value);',
        replace: 'return value === undefined ? sum : (Math.round((Number(sum) / 100 + value / 100) * 100) as ExactInteger);',
      },
    ],
  },
  {
    name: 'rows before profiles decide',
    patches: [
      {
        file: SHARD_PROCESSOR,
        find: '    await this.state.storeProfiles(',
        replace:
          '    await delivery.deliver(this.ports.rows.batchRows({ shardId: this.shardId, context: begun.context, isContextNew: begun.isContextNew, verdicts: judged.verdicts }));\n    await this.state.storeProfiles(',
      },
    ],
  },
  {
    name: 'context not recorded',
    patches: [
      {
        file: 'functions/process-stream/begin.ts',
        find: 'const context = isBegun && state.context !== null ? state.context : fresh;',
        replace: 'const context = fresh;',
      },
    ],
  },
  {
    name: 'warm state kept when others were there',
    patches: [{ file: SHARD_PROCESSOR, find: 'if (opened.state.attempts !== this.lastAttempt) this.state.forget();\n', replace: '' }],
  },
  {
    name: 'overdue instance not stopped',
    patches: [{ file: SHARD_PROCESSOR, find: 'if (isFromStore) await this.assertCurrent(begun);\n', replace: '' }],
  },
  {
    name: 'ids forgotten by the shard that is ahead',
    patches: [
      {
        file: PROCESSOR,
        find: 'if (leastMs !== null) forgetIds(profile.ids, leastMs - duplicateMemoryMs);',
        replace:
          'if (shard.maxEventMs !== null) forgetIds(profile.ids, shard.maxEventMs - plan.pipeline.time.outOfOrdernessMs - duplicateMemoryMs);',
      },
    ],
  },
  {
    name: 'old list of shards believed',
    // The one shard is split while lists are mostly old ones, and minutes pass between the rounds.
    worldOf: (swarm) => ({
      ...swarm,
      shards: 1,
      paceMs: 95_000,
      closeEveryMs: 475_740,
      events: 90,
      disorderMs: 0,
      shares: { ...swarm.shares, late: 0, ahead: 0 },
      reshards: 2,
      rates: new Map([
        ['stale-list', 0.7],
        ['clock', 0.16],
        ['cold', 0.25],
        ['redeliver', 0.2],
      ]),
    }),
    patches: [{ file: 'functions/close-windows/shards.ts', find: '  assertCurrent(ports, listed, [...items.values()]);\n', replace: '' }],
  },
  {
    name: 'idle child lets its parents go',
    patches: [
      {
        file: 'functions/close-windows/shards.ts',
        find: 'if (state === undefined && listed.some((one) => info?.parents.includes(one.shardId))) return false;',
        replace: '',
      },
    ],
  },
  {
    name: 'child takes no floor from its parents',
    patches: [
      {
        file: 'functions/process-stream/begin.ts',
        find: 'newShard(childFloor(plan, known, closer),',
        replace: 'newShard(closer.closedMs === null ? null : closer.closedMs - 3_600_000,',
      },
    ],
  },
  {
    name: 'closer is not fenced',
    // Two closers at once, one of which takes long, make it show every few schedules; else it is one of a thousand.
    worldOf: (swarm) => ({
      ...swarm,
      closeEveryMs: Math.min(swarm.closeEveryMs, 10_000),
      rates: new Map([
        ['stall', 0.1],
        ['closers', 0.3],
      ]),
    }),
    patches: [
      {
        file: 'functions/close-windows/close.ts',
        find: 'if ((item?.version ?? 0) !== this.version)',
        replace: 'if (this.version < -1 && item === undefined)',
      },
    ],
  },
  {
    name: 'windows cleared before the closer has moved on',
    patches: [
      {
        file: 'functions/close-windows/handler.ts',
        find: '      state = { ...state, watch, lastRoundMs: ports.clock() };\n',
        replace:
          '      if (state.closedMs !== null) await clearClosed(ports, { fromMs: state.clearedMs, toMs: state.closedMs }, reader);\n      state = { ...state, watch, lastRoundMs: ports.clock() };\n',
      },
    ],
  },
  {
    name: 'window closed at its end, not past it',
    patches: [{ file: 'core/time/watermark.ts', find: 'watermarkMs > endMs + allowedLatenessMs', replace: 'watermarkMs > endMs' }],
  },
  {
    name: 'tiles by the frontier of now',
    // Only events hours ahead of all others ask for tiles that are not closed yet; they are judged otherwise only if a tile is closed
    // between two tries, so tries take long.
    worldOf: (swarm) => ({
      ...swarm,
      terminals: 1,
      paceMs: 180_000,
      closeEveryMs: 120_000,
      events: 110,
      shares: { ...swarm.shares, ahead: 0.4, label: 0.5, bad: 0 },
      rates: new Map([['stall', 0.08]]),
    }),
    patches: [
      {
        file: PROCESSOR,
        find: 'frontierMs: input.context.tileFrontierMs',
        replace: 'frontierMs: input.leastMs',
      },
    ],
  },
  {
    name: 'alerts told before they are kept',
    patches: [
      {
        file: 'functions/deliver-alerts/delivery.ts',
        find: '      await this.parking.park(left);\n',
        replace: '      void left;\n',
      },
    ],
  },
  {
    name: 'an alert decided again when it is repeated',
    patches: [
      {
        file: 'functions/deliver-alerts/cases.ts',
        find: '!known.has(alert.id) && !marked.has(alert.id)',
        replace: '!marked.has(alert.id)',
      },
    ],
  },
  {
    name: 'half of a link read',
    patches: [
      {
        file: 'core/windows/chain.ts',
        find: 'for (let part = 1; part < first.parts; part += 1)',
        replace: 'for (let part = 1; part < first.parts - 1; part += 1)',
      },
    ],
  },
  {
    name: 'blocks of ids share a name',
    patches: [
      {
        file: SHARD_PROCESSOR,
        find: 'storeProfiles(profiles, changed, `${this.shardRef}#${begun.state.attempts}`)',
        replace: 'storeProfiles(profiles, changed, `${Math.floor(begun.state.attempts / 4)}`)',
      },
      { file: 'functions/process-stream/state.ts', find: 'await this.swap(blocks);', replace: 'await this.store.put(blocks);' },
    ],
  },
  {
    name: 'spilled ids not asked',
    patches: [
      {
        file: PROCESSOR,
        find: 'const entries = profile.spilled.get(segment)?.get(event.id);',
        replace: 'const entries = segment.length < 0 ? profile.spilled.get(segment)?.get(event.id) : undefined;',
      },
    ],
  },
];
