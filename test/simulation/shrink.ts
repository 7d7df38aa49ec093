import { IO_FAULTS, WORLD_FAULTS } from './faults.ts';
import { type Limits, NO_LIMITS } from './limits.ts';
import { isSmallSeed, type Outcome, Player } from './pool.ts';

/** Schedules played to make one small, at most. */
const TRIES_MAX = 400;

/** Finds a smaller schedule of a failing seed that still fails: fewer events, reshards, kinds of fault, faults. */
export async function shrink(seed: number): Promise<{ readonly limits: Limits; readonly outcome: Outcome }> {
  const player = new Player({ mutant: undefined, isSmall: isSmallSeed(seed) });
  let best = { limits: NO_LIMITS, outcome: await player.play(seed) };
  let tries = 0;
  const attempt = async (change: Partial<Limits>): Promise<boolean> => {
    tries += 1;
    if (tries > TRIES_MAX) return false;
    const limits = { ...best.limits, ...change };
    const outcome = await player.play(seed, limits);
    if (!outcome.isRight) best = { limits, outcome };
    return !outcome.isRight;
  };
  try {
    for (let events = 64; events >= 1; events = Math.floor(events / 2)) await attempt({ eventsMax: events });
    for (let reshards = 0; reshards < 3 && !(await attempt({ reshardsMax: reshards })); ) reshards += 1;
    for (const fault of [...IO_FAULTS, ...WORLD_FAULTS]) await attempt({ without: [...best.limits.without, fault] });
    let [least, most] = [0, 'faults' in best.outcome ? best.outcome.faults : 0];
    while (least < most) {
      const middle = Math.floor((least + most) / 2);
      if (await attempt({ faultsMax: middle })) most = middle;
      else least = middle + 1;
    }
    for (let fault = 1; fault <= most; fault += 1) await attempt({ skip: [...best.limits.skip, fault] });
    return best;
  } finally {
    await player.close();
  }
}
