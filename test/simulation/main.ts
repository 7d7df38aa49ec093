import { parseArgs } from 'node:util';
import { ACTORS, type ActorName } from './exhaustive.ts';
import { keep, keptCases } from './kept.ts';
import { NO_LIMITS } from './limits.ts';
import { MUTANTS } from './mutants.ts';
import { isSmallSeed, Player, playSeeds } from './pool.ts';
import { complaint, Report } from './report.ts';
import { shrink } from './shrink.ts';

const HELP = `npm run simulate -- [options]

Plays seeded schedules of faults over the real handlers and compares the lake with an oracle, row for row.

  --seeds N       schedules, default 1000; those that failed once are played first
  --seed S        first seed, default 1; with --seeds 1 it plays one schedule and tells what it did
  --exhaustive    every schedule of one and of two faults over a short sequence of batches, too
  --mutants       plants known bugs one after another instead: each must be caught within N schedules
  --json          one line of JSON at the end
`;

const SHARES = 12;

interface Options {
  readonly seeds: number;
  readonly seed: number;
  readonly isJson: boolean;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    process.stderr.write(`--${name}: got ${JSON.stringify(text)}; allowed: a whole number from 1 on\n`);
    process.exit(2);
  }
  return value;
}

/** Plays what failed once. */
async function playKept(report: Report): Promise<boolean> {
  let isRight = true;
  for (const { seed, limits } of keptCases()) {
    const player = new Player({ mutant: undefined, isSmall: isSmallSeed(seed) });
    const outcome = await player.play(seed, { ...NO_LIMITS, ...limits });
    await player.close();
    report.add(outcome);
    if (outcome.isRight) continue;
    isRight = false;
    say(`kept case ${seed} fails again:\n${complaint(outcome)}`);
  }
  return isRight;
}

async function simulate({ seeds, seed, isJson }: Options): Promise<boolean> {
  const report = new Report();
  const startMs = performance.now();
  let isRight = await playKept(report);
  const failing: number[] = [];
  await playSeeds({ first: seed, count: seeds }, (outcome) => {
    report.add(outcome);
    if (!outcome.isRight) {
      failing.push(outcome.seed);
      say(`seed ${outcome.seed} fails:\n${complaint(outcome)}`);
    }
    return true;
  });
  for (const one of failing.slice(0, 3)) {
    const { limits, outcome } = await shrink(one);
    say(`seed ${one}, made small: ${JSON.stringify(limits)}\n${complaint(outcome)}`);
    say(`kept as ${keep({ seed: one, limits, found: complaint(outcome).split('\n') })}`);
  }
  isRight &&= failing.length === 0;
  const summary = report.summary();
  if (isJson) say(JSON.stringify(summary));
  else {
    const faults = [...report.counts].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`);
    say(`faults: ${faults.join(', ')}`);
    say(
      `${summary.schedules} schedules, ${summary.events} events, ${summary.faults_median} faults in the median schedule, ${Math.round((performance.now() - startMs) / 1000)} s`,
    );
    say(
      `schedules with something lost ${summary.lost}, repeated ${summary.repeated}, wrong ${summary.wrong_rows}, without progress ${summary.stalled}`,
    );
  }
  return isRight;
}

async function exhaust(): Promise<boolean> {
  let isRight = true;
  for (const actor of Object.keys(ACTORS) as ActorName[]) {
    let schedules = 0;
    const shares = Array.from({ length: SHARES }, (_, share) => share);
    const half = async (isSmall: boolean): Promise<void> => {
      const player = new Player({ mutant: undefined, isSmall });
      for (let share = shares.shift(); share !== undefined; share = shares.shift()) {
        const done = await player.ask<{ schedules: number; failures: object[] }>({ actor, share, shares: SHARES });
        schedules += done.schedules;
        for (const failure of done.failures) {
          isRight = false;
          say(`${actor}: ${JSON.stringify(failure)}`);
        }
      }
      await player.close();
    };
    await Promise.all([half(false), half(true)]);
    say(`every schedule of one and of two faults in ${actor}: ${schedules}`);
  }
  return isRight;
}

/** Schedules played in worlds made for one bug, without it. */
const HEALTHY_SEEDS = 30;

async function plant({ seeds, seed, isJson }: Options): Promise<boolean> {
  const mutants: { name: string; caught_at_seed: number | null }[] = [];
  let isHealthy = true;
  for (const { name, worldOf } of MUTANTS) {
    let caught: number | undefined;
    await playSeeds({ first: seed, count: seeds, mutant: name }, (outcome) => {
      if (!outcome.isRight && (caught === undefined || outcome.seed < caught)) caught = outcome.seed;
      return caught === undefined;
    });
    mutants.push({ name, caught_at_seed: caught ?? null });
    if (!isJson) say(`${name}: ${caught === undefined ? `not caught in ${seeds} schedules` : `caught at seed ${caught}`}`);
    // It is the bug that is caught, not the worlds made for it.
    if (worldOf !== undefined)
      await playSeeds({ first: seed, count: HEALTHY_SEEDS, mutant: name, isHealthy: true }, (outcome) => {
        if (!outcome.isRight) say(`seed ${outcome.seed} fails in the worlds of this bug, without it:\n${complaint(outcome)}`);
        isHealthy &&= outcome.isRight;
        return outcome.isRight;
      });
  }
  if (isJson) say(JSON.stringify({ mutants }));
  return isHealthy && mutants.every(({ caught_at_seed }) => caught_at_seed !== null);
}

async function main(): Promise<boolean> {
  let values: { seeds?: string; seed?: string; exhaustive?: boolean; mutants?: boolean; json?: boolean; help?: boolean };
  try {
    const flag = { type: 'boolean' } as const;
    const options = {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      exhaustive: flag,
      mutants: flag,
      json: flag,
      help: flag,
    } as const;
    values = parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exit(2);
  }
  if (values.help === true) {
    say(HELP);
    return true;
  }
  const count = numberOf('seeds', values.seeds ?? (values.mutants === true ? '10000' : '1000'));
  const options = { seeds: count, seed: numberOf('seed', values.seed ?? '1'), isJson: values.json === true };
  if (values.mutants === true) return plant(options);
  const isExhausted = values.exhaustive !== true || (await exhaust());
  return (await simulate(options)) && isExhausted;
}

process.exitCode = (await main()) ? 0 : 1;
