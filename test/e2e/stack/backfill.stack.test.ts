import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploy, inEmulator, STACK } from './deployment.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { SCENARIO } from './scenario.ts';
import { eventually, NAMES, StackWorld } from './world.ts';

const DEPLOY_MS = 900_000;
const STEP_MS = 900_000;
const DAY = ['--from', '2026-01-05', '--to', '2026-01-06'];
const SAME = { added: 0, changed: 0, removed: 0, published: 0 };

/** A part of the story: the emulator starts a function for each row that lands. */
const STORY = SCENARIO.map((step) => ({ ...step, lines: step.lines.filter((_line, i) => i < 20 || i >= 150) }));

let emulator: Emulator;
let world: StackWorld;

/** Deploys, tells the story, and compacts: the archive and the tables are then as a backfill finds them. */
beforeAll(async () => {
  emulator = await startEmulator({ isEnforcing: false });
  world = new StackWorld(emulator);
  await deploy(emulator);
  let seen = 0;
  for (const step of STORY) {
    await world.put(step);
    seen += step.lines.length;
    await eventually(step.name, async () => ((await world.seen()) === seen ? true : undefined), emulator.log);
    expect(await world.tick('close-windows')).toBeUndefined();
  }
  // The ledger says so after the round that closed them.
  expect(await world.tick('close-windows')).toBeUndefined();
}, DEPLOY_MS);

afterAll(async () => {
  world?.close();
  await emulator?.stop();
}, STEP_MS);

/** Runs the command; its standard output, or what it failed with. */
function backfill(...args: readonly string[]): Promise<string> {
  return inEmulator(emulator, process.execPath, ['cli/headrace.mjs', 'backfill', ...args, '--stack', STACK]);
}

const lineOf = (text: string): Record<string, unknown> => JSON.parse(text.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;

describe('a backfill of a deployed stack', () => {
  test(
    'is estimated without being begun, and verifies that every row is what the archive says',
    async () => {
      const plan = JSON.parse(await backfill(...DAY, '--dry-run', '--json')) as { readonly events: number };
      expect(plan.events).toBeGreaterThan(20);
      expect(await backfill('--list', '--json')).toBe('[]\n');
      const line = lineOf(await backfill(...DAY, '--id', 'verify-1', '--json'));
      expect(line).toMatchObject({ mode: 'verify', ...SAME });
      expect(Object.keys(line)).toEqual([
        ...['mode', 'partitions', 'rows_before', 'rows_after', 'added', 'changed', 'removed', 'published', 'cpu_us_per_event'],
      ]);
      expect(Number(line['rows_before'])).toBeGreaterThan(60);
      expect(Number(line['cpu_us_per_event'])).toBeGreaterThan(100);
    },
    STEP_MS,
  );

  test(
    'that a person refuses publishes nothing, and says so by name',
    async () => {
      const ended = async (...args: string[]): Promise<string> => backfill(...args).catch((error: Error) => error.message);
      await ended(...DAY, '--mode', 'correct', '--approve-above', '0', '--id', 'no-1');
      const before = await world.objects();
      expect(await ended('--refuse', 'no-1', '--by', 'ann')).toContain('ann refused backfill no-1: nothing was published');
      const made = (await world.objects()).filter((key) => key.includes('/gen=') && !before.includes(key));
      expect(made).toEqual([]);
      expect(JSON.parse(await backfill('--show', 'no-1', '--json'))).toMatchObject({
        report: { published: 0, failure: { Error: 'ApprovalRefused' } },
      });
    },
    STEP_MS,
  );

  test(
    'that is given up while it waits is off the list of those at work',
    async () => {
      await backfill(...DAY, '--mode', 'correct', '--approve-above', '0', '--id', 'gone-1').catch(() => undefined);
      expect(await backfill('--abandon', 'gone-1', '--by', 'ann')).toContain('gone-1 is given up');
      expect(JSON.parse(await backfill('--show', 'gone-1', '--json'))).toMatchObject({ report: { failure: { Error: 'Abandoned' } } });
      expect(await world.objects()).toContain('backfill/claims.json');
      expect(await world.object('backfill/claims.json')).toBe('[]\n');
    },
    STEP_MS,
  );

  test(
    'folds late events in once a person approves, and points the catalogue at it; afterwards all is as the archive says',
    async () => {
      const asked = await backfill(...DAY, '--mode', 'correct', '--approve-above', '0', '--id', 'late-1', '--json').catch(
        (error: Error) => error.message,
      );
      expect(asked).toContain('late-1 waits for an approval: --approve late-1 or --refuse late-1');
      expect((await world.objects()).filter((key) => key.includes('/terminal_1h/gen='))).toEqual([]);
      const line = lineOf(await backfill('--approve', 'late-1', '--by', 'ann', '--json'));
      expect(line).toMatchObject({ mode: 'correct' });
      expect(Number(line['published'])).toBeGreaterThan(0);
      expect((await world.folders('terminal_1h')).some((one) => one.startsWith('lake/terminal_1h/gen='))).toBe(true);
      await expect(backfill('--approve', 'late-1', '--by', 'bob')).rejects.toThrow('an answer after its end (it succeeded)');
      expect(lineOf(await backfill(...DAY, '--id', 'verify-2', '--json'))).toMatchObject({ mode: 'verify', ...SAME });
    },
    STEP_MS,
  );

  test(
    'of hours that are not final, and of a stack that is not there, is bad usage or an error by name',
    async () => {
      await expect(backfill('--from', '2027-01-01', '--to', '2027-01-02', '--dry-run')).rejects.toThrow(
        'headrace backfill: NOTHING_FINAL: ',
      );
      const elsewhere = inEmulator(emulator, process.execPath, ['cli/headrace.mjs', 'backfill', '--list', '--stack', 'headrace-prod']);
      await expect(elsewhere).rejects.toThrow('--stack: got "headrace-prod"');
      expect(NAMES.lakeBucket).toContain(STACK);
    },
    STEP_MS,
  );
});
