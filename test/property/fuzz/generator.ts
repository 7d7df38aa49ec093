import { createRandom, type Random } from '../../../core/random.ts';
import { aggregateOf } from './aggregates.ts';
import { mutateBytes } from './bytes.ts';
import { eventText } from './json.ts';
import { largeInput } from './large.ts';
import type { FuzzInput, PipelineName } from './pipelines.ts';

/** Inputs kept to mutate further: enough variety, and small beside the memory limit. */
const POOL_MAX = 2_000;
/** Longest input kept: mutations of longer ones seldom hit a place that matters. */
const POOL_BYTES_MAX = 8_192;
/** Right events and aggregates to begin with. */
const FIRST_SEEDS = 40;

const NAMES: readonly PipelineName[] = ['payments', 'payments', 'sensors'];

/** Share of each way to make an input; the rest are edits of an event's members. */
const SHARES = { mutation: 0.5, aggregate: 0.2, large: 0.01 } as const;

/** Makes inputs from a seed; those that `keep` is told of become seeds of others. */
export class InputGenerator {
  private readonly random: Random;
  private readonly pool: FuzzInput[] = [];

  constructor(seed: number) {
    this.random = createRandom(seed);
    for (let i = 0; i < FIRST_SEEDS; i += 1) {
      const pipeline = this.random.pick(NAMES);
      const data = i % 4 === 0 ? aggregateOf(this.random, pipeline, 0) : Buffer.from(eventText(this.random, pipeline, 0));
      this.pool.push({ pipeline, data });
    }
  }

  next(): FuzzInput {
    const { random } = this;
    const draw = random.unit();
    if (draw < SHARES.mutation) {
      const { pipeline, data } = random.pick(this.pool);
      return { pipeline, data: mutateBytes(random, data, random.pick(this.pool).data) };
    }
    const pipeline = random.pick(NAMES);
    if (draw < SHARES.mutation + SHARES.aggregate)
      return { pipeline, data: aggregateOf(random, pipeline, random.pick([0, 0.02, 0.1, 0.4])) };
    if (draw < SHARES.mutation + SHARES.aggregate + SHARES.large) return { pipeline, data: largeInput(random, pipeline) };
    return { pipeline, data: Buffer.from(eventText(random, pipeline, random.below(5))) };
  }

  /** Keeps an input that reached something new. */
  keep(input: FuzzInput): void {
    if (input.data.length > POOL_BYTES_MAX) return;
    if (this.pool.length < POOL_MAX) this.pool.push(input);
    else this.pool[FIRST_SEEDS + this.random.below(POOL_MAX - FIRST_SEEDS)] = input;
  }
}
