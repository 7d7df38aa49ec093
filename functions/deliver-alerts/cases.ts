import { hash } from 'node:crypto';
import { ask, type BudgetState, expectedLoss, newBudget } from '../../core/alerts/budget.ts';
import {
  admit,
  type CaseState,
  type Circumstances,
  closeWhatIsOver,
  type Decided,
  dueOf,
  NEW_CASE,
  withoutAlerts,
} from '../../core/alerts/case.ts';
import { type Firing, worstFirst } from '../../core/alerts/firing.ts';
import { type Snooze, snoozeOf } from '../../core/alerts/snooze.ts';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import { RetriableError } from '../../core/errors.ts';
import type { Clock, StateItem, StateStore } from '../../core/ports.ts';
import { type Arrival, entityName, entityOfName } from './arrival.ts';
import { DueCases } from './due.ts';
import { alertKey, alertName, BUDGET_KEY, caseKey, KEPT_MS } from './keys.ts';
import { isDecided } from './messages.ts';
import { alertRowOf } from './outbox.ts';

/** What decisions about cases need from outside. */
export interface CasePorts {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly pipeline: Pipeline;
  /** Snoozes in force, and some that are over. */
  readonly snoozes: () => Promise<readonly Snooze[]>;
}

/** A case as it was decided and stored; what is to be told of it is not told yet. */
export interface StoredCase {
  readonly entity: string;
  readonly state: CaseState;
  /** Decisions whose alerts are not marked yet, and that are this call's to carry out. */
  readonly open: readonly Decided[];
}

type Waiting = ReadonlyMap<string, readonly Arrival[]>;

interface CarriedOut {
  readonly marked: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
}

/** Attempts to store a case against others that store it too. */
const ROUNDS_MAX = 12;
/** A decision that is not carried out for so long was made by a call that is dead: calls end after one minute. */
const CALL_MS = 120_000;

/** Decides what becomes of alerts: cases and the budget of the day as items of the state, changed by compare-and-swap. */
export class CaseDesk {
  private readonly ports: CasePorts;
  private readonly due: DueCases;
  private readonly marginPoints: number;

  constructor(ports: CasePorts) {
    this.ports = ports;
    this.due = new DueCases(ports.store, ports.clock);
    this.marginPoints = ports.pipeline.decision?.reviewPoints ?? 1;
  }

  /**
   * Decides about alerts that were not decided, and closes what is over in their cases and in those of `also`. Durable on return. An alert
   * that an earlier call decided keeps its fate. Throws RetriableError when others keep changing the same cases.
   */
  async decide(arrivals: readonly Arrival[], also: readonly string[]): Promise<StoredCase[]> {
    const waiting = new Map<string, Arrival[]>(also.map((entity) => [entity, []]));
    for (const one of arrivals) {
      const entity = entityName(one.entity);
      waiting.set(entity, [...(waiting.get(entity) ?? []), one]);
    }
    const snoozes = waiting.size === 0 ? [] : await this.ports.snoozes();
    const stored: StoredCase[] = [];
    for (let round = 0; waiting.size > 0; round += 1) {
      if (round === ROUNDS_MAX) throw new RetriableError(`cases of ${waiting.size} entities are changed again and again by others`);
      for (const one of await this.round(waiting, snoozes)) {
        waiting.delete(one.entity);
        stored.push(one);
      }
    }
    return stored;
  }

  /** Takes summaries that were handed over out of their case. */
  async told(entity: string, summaryIds: ReadonlySet<string>): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const [item] = await this.ports.store.get([caseKey(entity)]);
      if (item === undefined) return;
      const state = JSON.parse(item.body) as CaseState;
      const summaries = state.summaries.filter(({ id }) => !summaryIds.has(id));
      if (summaries.length === state.summaries.length || (await this.swap([{ entity, item, state: { ...state, summaries } }]))[0]) return;
    }
  }

  private async round(waiting: Waiting, snoozes: readonly Snooze[]): Promise<StoredCase[]> {
    const { store, clock } = this.ports;
    const entities = [...waiting.keys()];
    const [budgetItem, ...items] = await store.get([BUDGET_KEY, ...entities.map(caseKey)]);
    const nowMs = clock();
    const before = items.map((item) => (item === undefined ? NEW_CASE : (JSON.parse(item.body) as CaseState)));
    const states = new Map(entities.map((entity, i) => [entity, before[i] ?? NEW_CASE]));
    // After the cases: an alert that was marked and forgotten by its case before that read is seen as marked; later, the swap fails.
    const carriedOut = await this.carriedOut([...states.values()], waiting);
    for (const [entity, state] of states) states.set(entity, settled(state, carriedOut));
    const budget = new Budget(budgetItem, this.ports.pipeline, nowMs);
    const fresh = undecided(waiting, states, carriedOut);
    for (const { entity, firing } of fresh) {
      const state = states.get(entity) ?? NEW_CASE;
      states.set(entity, admit(state, firing, this.circumstances(entity, { snoozes, nowMs, budget })));
    }
    for (const [entity, state] of states)
      states.set(entity, closeWhatIsOver(state, { nowMs, snooze: activeSnooze(entity, snoozes, nowMs) }));
    if (!(await budget.store(store))) return [];
    const changes = entities.map((entity, i) => ({ entity, item: items[i], before: before[i], state: states.get(entity) ?? NEW_CASE }));
    const changed = changes.filter((one) => JSON.stringify(one.before) !== JSON.stringify(one.state));
    await this.note(changed);
    const written = await this.swap(changed);
    const lost = new Set(changed.filter((_, i) => written[i] !== true).map(({ entity }) => entity));
    await this.noteAgain(changed.filter(({ entity }) => !lost.has(entity)));
    return changes
      .filter(({ entity }) => !lost.has(entity))
      .map(({ entity, state }) => ({ entity, state, open: ownDecisions(state, waiting.get(entity) ?? [], nowMs) }));
  }

  /** Alerts that need nothing more: those marked, and those that are gone (their items are removed when their person is erased). */
  private async carriedOut(states: readonly CaseState[], waiting: Waiting): Promise<CarriedOut> {
    const came = [...waiting.values()].flat().map(({ alert }) => alert.id);
    const ids = [...new Set([...came, ...states.flatMap(({ decided }) => decided.map(({ id }) => id))])];
    const items = ids.length === 0 ? [] : await this.ports.store.get(ids.map((id) => alertKey(alertName(id))));
    const marked = new Set<string>();
    const gone = new Set<string>();
    for (const [i, id] of ids.entries()) {
      const row = alertRowOf(items[i]?.body ?? '');
      if (row === undefined) gone.add(id);
      else if (isDecided(row)) marked.add(id);
    }
    return { marked, gone };
  }

  private circumstances(
    entity: string,
    { snoozes, nowMs, budget }: { readonly snoozes: readonly Snooze[]; readonly nowMs: number; readonly budget: Budget },
  ): Circumstances {
    return {
      nowMs,
      snooze: activeSnooze(entity, snoozes, nowMs),
      marginPoints: this.marginPoints,
      caseIdAt: (startMs) => `${hash('sha256', entity).slice(0, 12)}-${startMs.toString(36)}`,
      mayOpen: (firing) => budget.grants(entity, firing),
      lossOf: (firing) => budget.lossOf(firing),
    };
  }

  private async note(
    changed: readonly { readonly entity: string; readonly before: CaseState | undefined; readonly state: CaseState }[],
  ): Promise<void> {
    const due = new Map<string, number>();
    for (const { entity, before, state } of changed) {
      const dueMs = dueOf(state);
      if (dueMs !== null && dueMs !== dueOf(before ?? NEW_CASE)) due.set(entity, dueMs);
    }
    await this.due.note(due);
  }

  /** A call that was slow may write a case whose moment has passed: what was noted before may have been followed, in vain, and forgotten. */
  private async noteAgain(changed: readonly { readonly entity: string; readonly state: CaseState }[]): Promise<void> {
    const nowMs = this.ports.clock();
    const passed = changed.flatMap(({ entity, state }) => {
      const dueMs = dueOf(state);
      return dueMs === null || dueMs > nowMs ? [] : [[entity, dueMs] as const];
    });
    await this.due.note(new Map(passed));
  }

  private async swap(
    cases: readonly { readonly entity: string; readonly item: StateItem | undefined; readonly state: CaseState }[],
  ): Promise<boolean[]> {
    if (cases.length === 0) return [];
    const nowMs = this.ports.clock();
    return this.ports.store.put(
      cases.map(({ entity, item, state }) => ({
        ...caseKey(entity),
        expectedVersion: item?.version ?? 0,
        body: JSON.stringify(state),
        expiresAtMs: Math.max(nowMs, dueOf(state) ?? nowMs) + KEPT_MS,
      })),
    );
  }
}

/** The budget of one round; without one in the pipeline every case is granted. */
class Budget {
  private readonly item: StateItem | undefined;
  private readonly pipeline: Pipeline;
  private readonly nowMs: number;
  private state: BudgetState;

  constructor(item: StateItem | undefined, pipeline: Pipeline, nowMs: number) {
    this.item = item;
    this.pipeline = pipeline;
    this.nowMs = nowMs;
    this.state = item === undefined ? newBudget(nowMs) : (JSON.parse(item.body) as BudgetState);
  }

  lossOf(firing: Firing): number | null {
    const { alerts, decision } = this.pipeline;
    return alerts?.budget === undefined || decision === undefined ? null : expectedLoss(firing, alerts.budget, decision);
  }

  grants(entity: string, firing: Firing): boolean {
    const perDay = this.pipeline.alerts?.budget?.perDay;
    if (perDay === undefined) return true;
    const { state, isGranted } = ask(this.state, { entity: alertName(entity), lossMinor: this.lossOf(firing), nowMs: this.nowMs }, perDay);
    this.state = state;
    return isGranted;
  }

  /** False if others have changed it meanwhile. Written before any case: a slot too many is lost, never one too many given. */
  async store(store: StateStore): Promise<boolean> {
    const body = JSON.stringify(this.state);
    if (this.pipeline.alerts?.budget === undefined || body === this.item?.body) return true;
    return (await store.put([{ ...BUDGET_KEY, expectedVersion: this.item?.version ?? 0, body }]))[0] === true;
  }
}

/** What is decided now: the worst of all entities first, whatever order it came in; each once. */
function undecided(
  waiting: Waiting,
  states: ReadonlyMap<string, CaseState>,
  { marked, gone }: CarriedOut,
): { readonly entity: string; readonly firing: Firing }[] {
  const fresh = new Map<string, { readonly entity: string; readonly firing: Firing }>();
  for (const [entity, arrivals] of waiting) {
    const known = new Set(states.get(entity)?.decided.map(({ id }) => id));
    for (const { alert, firing } of arrivals)
      if (!known.has(alert.id) && !marked.has(alert.id) && !gone.has(alert.id)) fresh.set(alert.id, { entity, firing });
  }
  return [...fresh.values()].sort((a, b) => worstFirst(a.firing, b.firing));
}

function settled(state: CaseState, { marked, gone }: CarriedOut): CaseState {
  const cleared = gone.size === 0 ? state : withoutAlerts(state, gone);
  return marked.size === 0 ? cleared : { ...cleared, decided: cleared.decided.filter(({ id }) => !marked.has(id)) };
}

/** Decisions about what came with this call, and those of calls that are dead. */
function ownDecisions({ decided }: CaseState, arrivals: readonly Arrival[], nowMs: number): Decided[] {
  const own = new Set(arrivals.map(({ alert }) => alert.id));
  return decided.filter(({ id, atMs }) => own.has(id) || nowMs - atMs > CALL_MS);
}

function activeSnooze(entity: string, snoozes: readonly Snooze[], nowMs: number): Snooze | undefined {
  return snoozeOf(snoozes, entityOfName(entity), nowMs);
}
