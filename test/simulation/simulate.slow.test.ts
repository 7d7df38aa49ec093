import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { StateStore } from '../../core/ports.ts';
import { stateStoreContract } from '../contract/state-store.ts';
import { Actor } from './actor.ts';
import { VirtualTime } from './clock.ts';
import { PlannedFaults } from './faults.ts';
import { keptCases } from './kept.ts';
import { NO_LIMITS } from './limits.ts';
import { MUTANTS } from './mutants.ts';
import { isSmallSeed, type Outcome, Player } from './pool.ts';
import type { Summary } from './report.ts';
import { SimTable } from './state.ts';

interface Ended {
  readonly code: number | null;
  readonly last: string;
  readonly errors: string;
}

/** Runs the command in a process of its own: it changes code as it is loaded. */
function simulate(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--no-memory-protection-keys', 'test/simulation/main.ts', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on('close', (code) => resolve({ code, last: output.trimEnd().split('\n').at(-1) ?? '', errors }));
  });
}

/** The simulated table without faults, each call run at once. */
function openTable(clock: () => number): StateStore {
  const time = new VirtualTime(0);
  const random = {
    below: () => 0,
    unit: () => 0,
    exponential: () => 0,
    normal: () => 0,
    chance: () => false,
    pick: <T>(items: readonly T[]) => items[0] as T,
  };
  const store = new SimTable(clock, { applied: () => {} }).seenBy(
    new Actor('test', { time, random, faults: new PlannedFaults('', new Map()) }),
  );
  const atOnce = async <T>(answer: Promise<T>): Promise<T> => {
    await time.run(() => true, Number.POSITIVE_INFINITY);
    return answer;
  };
  return {
    get: (keys) => atOnce(store.get(keys)),
    query: (pk) => atOnce(store.query(pk)),
    put: (writes) => atOnce(store.put(writes)),
    remove: (keys) => atOnce(store.remove(keys)),
  };
}

stateStoreContract('simulated', async (clock) => openTable(clock));

describe('npm run simulate', () => {
  test('schedules lose nothing, repeat nothing and come to an end; a seed repeats its run exactly', async () => {
    const [first, again] = await Promise.all([simulate('--seeds', '60', '--json'), simulate('--seeds', '60', '--json')]);
    expect(first).toEqual({ code: 0, errors: '', last: again.last });
    const summary = JSON.parse(first.last) as Summary;
    expect(summary).toMatchObject({ lost: 0, repeated: 0, wrong_rows: 0, stalled: 0, failing_seeds: [] });
    expect(summary.schedules).toBe(60 + keptCases().length);
    expect(summary.faults_median).toBeGreaterThanOrEqual(5);
  }, 240_000);

  test('a planted bug is caught', async () => {
    const player = new Player({ mutant: 'ADD: every try adds', isSmall: false });
    const outcomes: Outcome[] = [];
    for (let seed = 1; seed <= 20; seed += 1) outcomes.push(await player.play(seed));
    await player.close();
    expect(outcomes.filter(({ isRight }) => !isRight).length).toBeGreaterThan(0);
  }, 240_000);

  test('unknown options and bad numbers are refused with what is allowed', async () => {
    expect(await simulate('--sedes', '3')).toMatchObject({ code: 2, errors: expect.stringContaining('--seeds N') });
    expect(await simulate('--seeds', 'many')).toMatchObject({
      code: 2,
      errors: '--seeds: got "many"; allowed: a whole number from 1 on\n',
    });
  });

  test('every mutant has a name of its own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(15);
  });
});

describe('kept cases', () => {
  test.each(keptCases().map((one) => [one.mutant ?? `seed ${one.seed}`, one] as const))(
    '%s',
    async (_, { seed, limits, mutant }) => {
      const player = new Player({ mutant, isSmall: isSmallSeed(seed) });
      const outcome = await player.play(seed, { ...NO_LIMITS, ...limits });
      await player.close();
      // With its bug planted again it fails; without, it is played by every run of the command.
      expect(outcome.isRight).toBe(mutant === undefined);
    },
    240_000,
  );
});
