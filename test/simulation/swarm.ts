import { createRandom } from '../../core/random.ts';
import { type Fault, type FaultRates, IO_FAULTS, WORLD_FAULTS } from './faults.ts';

/** One world: sizes, speeds and fault rates, all drawn from its seed. */
export interface Swarm {
  readonly seed: number;
  readonly shards: number;
  readonly cards: number;
  readonly terminals: number;
  readonly events: number;
  /** Mean time between two events, ms: from a busy minute to a slow afternoon. */
  readonly paceMs: number;
  /** Events come this much late or early at most, ms, when they do. */
  readonly disorderMs: number;
  readonly shares: {
    readonly late: number;
    readonly ahead: number;
    readonly bad: number;
    readonly aggregated: number;
    readonly label: number;
    /** Amounts so large that sums pass what a double holds exactly. */
    readonly huge: number;
  };
  readonly batchMax: number;
  readonly reshards: number;
  readonly closeEveryMs: number;
  /** Links of a slice are merged at this length; undefined: as shipped. */
  readonly compactLength: number | undefined;
  readonly rates: FaultRates;
}

/** All I/O faults together at one call: past that, hardly any batch ever ends and schedules only take longer. */
const IO_RATE_MIN = 0.01;
const IO_RATE_MAX = 0.2;
/** Most that one fault around the calls happens at its occasions. */
const WORLD_RATE_MAX = 0.3;
/** Share of the faults that a schedule has at all: what is missing lets others come to light. */
const IS_THERE = 0.75;
/** Share of the schedules that have one fault at the calls only, and that one often. */
const IS_ALONE = 0.15;

/** The world of a seed. */
export function swarmOf(seed: number): Swarm {
  const random = createRandom(seed);
  const between = (least: number, most: number): number => least + random.below(most - least + 1);
  const logBetween = (least: number, most: number): number => Math.round(least * (most / least) ** random.unit());
  const share = (most: number): number => (random.chance(0.5) ? most * random.unit() : 0);
  const paceMs = logBetween(300, 180_000);
  return {
    seed,
    shards: between(1, 3),
    cards: between(2, 10),
    terminals: between(1, 4),
    events: between(30, 110),
    paceMs,
    disorderMs: random.pick([0, 10_000, 20_000, 60_000]),
    shares: { late: share(0.2), ahead: share(0.12), bad: share(0.2), aggregated: share(0.6), label: share(0.4), huge: share(0.5) },
    batchMax: random.pick([1, 3, 8, 20, 60]),
    reshards: between(1, 3),
    closeEveryMs: Math.max(5_000, paceMs * between(1, 8)),
    compactLength: [undefined, 0, 400][random.below(3)],
    rates: ratesOf(random),
  };
}

function ratesOf(random: ReturnType<typeof createRandom>): FaultRates {
  const rates = new Map<Fault, number>();
  const total = IO_RATE_MIN + (IO_RATE_MAX - IO_RATE_MIN) * random.unit() ** 2;
  const weights = IO_FAULTS.map((fault) => [fault, random.chance(IS_THERE) ? random.unit() : 0] as const);
  const sum = weights.reduce((all, [, weight]) => all + weight, 0) || 1;
  for (const [fault, weight] of weights) rates.set(fault, (total * weight) / sum);
  for (const fault of WORLD_FAULTS) rates.set(fault, random.chance(IS_THERE) ? WORLD_RATE_MAX * random.unit() ** 2 : 0);
  if (random.chance(IS_ALONE)) {
    const alone = random.pick(IO_FAULTS);
    const often = IO_RATE_MAX * random.unit();
    for (const fault of IO_FAULTS) rates.set(fault, fault === alone ? often : 0);
  }
  return rates;
}
