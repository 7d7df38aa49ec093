import type { Random } from '../../core/random.ts';

/** What can go wrong at one I/O call. */
export const IO_FAULTS = [
  /** Throttled: nothing happened, and the caller is told. */
  'refuse',
  /** It happened, and the answer is lost. */
  'lose',
  /** A part of it happened, and the caller is told that it failed. */
  'part',
  /** The caller is told that it failed; it happens later, when others went on. */
  'late',
  /** The instance dies before it. */
  'crash',
  /** The instance dies after it. */
  'crash-after',
  /** The instance dies, and what it had sent lands later. */
  'crash-late',
  /** The answer takes longer than anyone waits; the instance goes on with it when others have gone on. */
  'stall',
] as const;

export type IoFault = (typeof IO_FAULTS)[number];

/** What can go wrong around the calls. */
export const WORLD_FAULTS = [
  /** The mapping hands finished records out again. */
  'redeliver',
  /** A new instance without warm state takes the batch. */
  'cold',
  /** Another version of code and rules takes the batch. */
  'version',
  /** The stream's list of shards is an old one. */
  'stale-list',
  /** A producer sends the same event again. */
  'resend',
  /** A producer with an old shard map, or an explicit hash key: the event comes on a foreign shard. */
  'misroute',
  /** A shard is split, or two are merged. */
  'reshard',
  /** Another closer runs beside the one there is. */
  'closers',
  /** A subscriber of alerts is down. */
  'subscriber',
  /** The clock of the functions steps forward or back. */
  'clock',
] as const;

export type Fault = IoFault | (typeof WORLD_FAULTS)[number];

/** Decides which calls fail, and counts what was done. */
export interface FaultPlan {
  /** The fault of the next I/O call of some kind of actor, if any. */
  atCall(actor: string): IoFault | undefined;
  /** Whether a fault around the calls happens now. */
  happens(fault: Fault): boolean;
  readonly counts: Map<Fault, number>;
  /** From now on nothing fails. */
  calm(): void;
}

/** Shares of calls (or of occasions) that fail, by fault; those left out never do. */
export type FaultRates = ReadonlyMap<Fault, number>;

export function faultsOf(counts: ReadonlyMap<Fault, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

export function countFault(counts: Map<Fault, number>, fault: Fault): void {
  counts.set(fault, (counts.get(fault) ?? 0) + 1);
}

/** Faults by chance. `without` are never done, and past `faultsMax` there are none: for making a failing schedule small. */
export class RandomFaults implements FaultPlan {
  readonly counts = new Map<Fault, number>();
  private readonly random: Random;
  private readonly rates: FaultRates;
  private readonly limits: FaultLimits;
  private isCalm = false;
  private made = 0;

  constructor(random: Random, rates: FaultRates, limits: FaultLimits) {
    this.random = random;
    this.rates = rates;
    this.limits = limits;
  }

  atCall(): IoFault | undefined {
    let at = this.random.unit();
    for (const fault of IO_FAULTS) {
      at -= this.rates.get(fault) ?? 0;
      if (at < 0) return this.allow(fault) ? fault : undefined;
    }
    return undefined;
  }

  happens(fault: Fault): boolean {
    return this.random.chance(this.rates.get(fault) ?? 0) && this.allow(fault);
  }

  calm(): void {
    this.isCalm = true;
  }

  private allow(fault: Fault): boolean {
    if (this.isCalm || this.limits.without.includes(fault)) return false;
    this.made += 1;
    if (this.made > this.limits.faultsMax || this.limits.skip.includes(this.made)) return false;
    countFault(this.counts, fault);
    return true;
  }
}

/** What of a seed's faults is left out. */
export interface FaultLimits {
  readonly without: readonly Fault[];
  readonly faultsMax: number;
  /** Faults left out, by their number from 1. */
  readonly skip: readonly number[];
}

/** Faults at given calls of one kind of actor and nowhere else: call numbers count from 1. */
export class PlannedFaults implements FaultPlan {
  readonly counts = new Map<Fault, number>();
  calls = 0;
  private readonly actor: string;
  private readonly planned: ReadonlyMap<number, IoFault>;

  constructor(actor: string, planned: ReadonlyMap<number, IoFault>) {
    this.actor = actor;
    this.planned = planned;
  }

  atCall(actor: string): IoFault | undefined {
    if (actor !== this.actor) return undefined;
    this.calls += 1;
    const fault = this.planned.get(this.calls);
    if (fault !== undefined) countFault(this.counts, fault);
    return fault;
  }

  happens(): boolean {
    return false;
  }

  calm(): void {
    // The plan is the whole of it.
  }
}
