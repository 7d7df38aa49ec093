import { RetriableError } from '../../core/errors.ts';
import { compilePlan, type Plan } from '../../core/plan.ts';
import type { StateStore, StreamShards } from '../../core/ports.ts';
import { compileRules, type RuleSet } from '../../core/rules/compile.ts';
import type { Rule } from '../../core/rules/rule.ts';
import { ruleSetKey } from '../../core/state/keys.ts';
import { type CloseReport, type CloseRound, createCloseWindows } from '../../functions/close-windows/handler.ts';
import { type BatchStats, createProcessStream, type ProcessStream } from '../../functions/process-stream/handler.ts';
import { createRowBuilder, type RowBuilder } from '../../lake/rows.ts';
import type { BufferedDelivery } from '../delivery/buffer.ts';
import type { LoadedPipeline } from '../pipeline.ts';
import { shardLedgers } from './ledger.ts';

/** Ports of one machine that the handlers run over. */
export interface MachinePorts {
  readonly store: StateStore;
  readonly delivery: BufferedDelivery;
  readonly shards: StreamShards;
  readonly streamEpoch: string;
  readonly clock: () => number;
  readonly observe?: (stats: BatchStats) => void;
}

/** The handlers of one machine. */
export interface Handlers {
  readonly plan: Plan;
  readonly rows: RowBuilder;
  readonly process: ProcessStream;
  readonly close: (round: CloseRound) => Promise<CloseReport>;
  /** Lands a ledger snapshot and everything delivered before it. */
  readonly flush: () => Promise<void>;
}

/** Wires the handlers, the very ones that run in Lambda, over the ports of this machine. */
export async function wireHandlers(loaded: LoadedPipeline, ports: MachinePorts): Promise<Handlers> {
  const plan = compilePlan(loaded.pipeline);
  const rows = createRowBuilder(loaded.pipeline);
  const rules = await ruleSets(loaded, ports.store);
  const base = { plan, rows, store: ports.store, delivery: ports.delivery, clock: ports.clock, streamEpoch: ports.streamEpoch };
  const process = createProcessStream({
    ...base,
    ruleSetVersion: () => rules.version,
    ruleSetOf: rules.of,
    parentsOf: async (shardId) => (await ports.shards.list()).find((shard) => shard.shardId === shardId)?.parents ?? [],
    ...(ports.observe === undefined ? {} : { observe: ports.observe }),
  });
  const flush = async (): Promise<void> => {
    const ledgers = await shardLedgers(ports.store, plan, ports.streamEpoch);
    const now = ports.clock();
    await ports.delivery.deliver([{ table: 'ledger', rows: ledgers.map((shard) => rows.ledgerRow(shard, now)) }]);
    await ports.delivery.flush();
  };
  return { plan, rows, process, close: createCloseWindows({ ...base, shards: ports.shards }), flush };
}

interface RuleSets {
  readonly version: string;
  readonly of: (version: string) => Promise<RuleSet | undefined>;
}

/** Keeps every rule set that was ever in force in the state store: a retry may need the one its context names. */
async function ruleSets(loaded: LoadedPipeline, store: StateStore): Promise<RuleSets> {
  if (loaded.pipeline.decision === undefined) return { version: '', of: async () => undefined };
  const { rules, version } = loaded.rules;
  const compiled = new Map<string, RuleSet>([[version, compileRules(rules, loaded.pipeline, version)]]);
  const [known] = await store.get([ruleSetKey(version)]);
  if (known === undefined) await store.put([{ ...ruleSetKey(version), expectedVersion: 0, body: JSON.stringify(rules) }]);
  const load = async (wanted: string): Promise<RuleSet> => {
    const [item] = await store.get([ruleSetKey(wanted)]);
    if (item === undefined)
      throw new RetriableError(`rule set ${wanted} is not in the state store; a batch was begun with it and must end with it`);
    const set = compileRules(JSON.parse(item.body) as Rule[], loaded.pipeline, wanted);
    compiled.set(wanted, set);
    return set;
  };
  return { version, of: async (wanted) => compiled.get(wanted) ?? load(wanted) };
}
