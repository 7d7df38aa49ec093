import { IO_FAULTS, WORLD_FAULTS } from './faults.ts';
import { type Limits, NO_LIMITS } from './limits.ts';
import { isSmallSeed, type Outcome, Player } from './pool.ts';

/** Schedules played to make one small, at most: about a minute. */
const TRIES_MAX = 1_500;

/** Finds a smaller schedule of a failing seed that still fails (with a planted bug, if one is named): fewer events, reshards, faults. */
export async function shrink(seed: number, mutant?: string): Promise<{ readonly limits: Partial<Limits>; readonly outcome: Outcome }> {
  const player = new Player({ mutant, isSmall: isSmallSeed(seed) });
  try {
    const search = new Search(seed, player, await player.play(seed));
    while (await search.pass()) {
      // Each pass may make room for the next.
    }
    return { limits: search.limits, outcome: search.outcome };
  } finally {
    await player.close();
  }
}

class Search {
  limits: Partial<Limits> = {};
  outcome: Outcome;
  private readonly seed: number;
  private readonly player: Player;
  private tries = 0;

  constructor(seed: number, player: Player, outcome: Outcome) {
    this.seed = seed;
    this.player = player;
    this.outcome = outcome;
  }

  /** Tries everything once; whether anything helped. */
  async pass(): Promise<boolean> {
    const before = JSON.stringify(this.limits);
    const { eventsMax = 128, reshardsMax = 3 } = this.limits;
    for (const share of [0.25, 0.5, 0.75, 0.9]) if (await this.attempt({ eventsMax: Math.floor(eventsMax * share) })) break;
    if (reshardsMax > 0) await this.attempt({ reshardsMax: reshardsMax - 1 });
    for (const fault of [...IO_FAULTS, ...WORLD_FAULTS]) {
      if (this.limits.without?.includes(fault) !== true) await this.attempt({ without: [...(this.limits.without ?? []), fault] });
    }
    for (let cut = this.faults; cut >= 1; cut = Math.floor(cut / 2)) await this.attempt({ faultsMax: this.faults - cut });
    for (let width = 16; width >= 1; width /= 2) {
      for (let from = this.faults; from >= 1; from -= width) {
        const some = Array.from({ length: width }, (_, i) => from - i).filter((fault) => this.limits.skip?.includes(fault) !== true);
        await this.attempt({ skip: [...(this.limits.skip ?? []), ...some] });
      }
    }
    return this.tries < TRIES_MAX && JSON.stringify(this.limits) !== before;
  }

  private get faults(): number {
    return this.limits.faultsMax ?? ('faults' in this.outcome ? this.outcome.faults : 0);
  }

  private async attempt(change: Partial<Limits>): Promise<boolean> {
    this.tries += 1;
    if (this.tries > TRIES_MAX) return false;
    const limits = tidied({ ...this.limits, ...change });
    const outcome = await this.player.play(this.seed, { ...NO_LIMITS, ...limits });
    if (outcome.isRight) return false;
    this.limits = limits;
    this.outcome = outcome;
    return true;
  }
}

/** Without numbers of faults that there are not. */
function tidied({ skip = [], faultsMax, ...rest }: Partial<Limits>): Partial<Limits> {
  const most = faultsMax === undefined ? Number.MAX_SAFE_INTEGER : Math.max(0, faultsMax);
  const numbers = skip.filter((fault) => fault >= 1 && fault <= most).sort((a, b) => a - b);
  return { ...rest, ...(faultsMax === undefined ? {} : { faultsMax: most }), ...(numbers.length === 0 ? {} : { skip: numbers }) };
}
