import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploy, inEmulator, STACK } from './deployment.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { Landed } from './landed.ts';
import { HISTORY, LEARNING } from './learning.ts';
import { eventually, StackWorld } from './world.ts';

const DEPLOY_MS = 900_000;
const STEP_MS = 300_000;
/** The emulator makes an object of each row that is delivered: with few at a time no call takes longer than a function waits. */
const PART_LINES = 20;
const DELAY = ['--label-delay', LEARNING.labelDelay];
const RANGE = ['--from', LEARNING.from, '--to', LEARNING.to, ...DELAY];
const LEARN = [
  '--from',
  LEARNING.from,
  '--known-by',
  LEARNING.knownBy,
  '--test-from',
  LEARNING.knownBy,
  '--test-to',
  LEARNING.to,
  ...DELAY,
];

const folder = mkdtempSync(join(tmpdir(), 'headrace-learning-'));
const input = join(folder, 'history.ndjson');
let emulator: Emulator;
let world: StackWorld;

/** Deploys and tells the history, step by step, closing what each makes final. */
beforeAll(async () => {
  writeFileSync(input, `${inOrder().join('\n')}\n`);
  emulator = await startEmulator({ isEnforcing: false });
  world = new StackWorld(emulator);
  await deploy(emulator);
  // Neither back-tests nor compaction ask the catalogue what has landed.
  expect(await world.ignoreObjects()).toBe(2);
  let seen = 0;
  for (const step of HISTORY) {
    for (let from = 0; from < step.lines.length; from += PART_LINES) {
      const lines = step.lines.slice(from, from + PART_LINES);
      await world.put({ ...step, lines });
      seen += lines.length;
      await eventually(step.name, async () => ((await world.seen()) === seen ? true : undefined), emulator.log);
    }
    expect(await world.tick('close-windows')).toBeUndefined();
  }
}, DEPLOY_MS);

afterAll(async () => {
  world?.close();
  await emulator?.stop();
  rmSync(folder, { recursive: true, force: true });
}, STEP_MS);

/** The history as a file has it: in order of time. */
function inOrder(): string[] {
  const timeOf = (text: string): string => (JSON.parse(text) as { readonly event_time: string }).event_time;
  const texts = HISTORY.flatMap(({ lines }) => lines.map(({ text }) => text));
  return texts.toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : Number(timeOf(a) > timeOf(b))));
}

function headrace(...args: readonly string[]): Promise<string> {
  return inEmulator(emulator, process.execPath, ['cli/headrace.mjs', ...args]);
}

/** What a back-test of the stack says of each payment. */
async function scores(name: string): Promise<string[]> {
  const path = join(folder, name);
  await headrace('backtest', '--stack', STACK, ...RANGE, '--scores', path);
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(1).sort();
}

/** What the deployed stream has decided, in the same form. */
async function decisions(): Promise<string[]> {
  const columns = "event_id, strftime(event_time, '%Y-%m-%dT%H:%M:%S.%gZ') AS at, customer_id, score, outcome";
  const rows = await new Landed(world, folder).rows('decisions', columns);
  return rows.map((row) => row.join(',')).sort();
}

function rulesIn(dir: string): Record<string, string> {
  return Object.fromEntries(readdirSync(join(dir, 'rules')).map((name) => [name, readFileSync(join(dir, 'rules', name), 'utf8')]));
}

const withoutNotes = (out: string): object => ({ ...(JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as object), notes: undefined });

describe('what a deployed stack has taken', () => {
  test(
    'is judged by a back-test as the stream has judged it, row for row, landed or compacted',
    async () => {
      const decided = await decisions();
      expect(decided.length).toBe(HISTORY.flatMap(({ lines }) => lines).filter(({ text }) => text.includes('"transaction"')).length - 6);
      expect(decided.filter((row) => !row.endsWith(',approve')).length).toBeGreaterThan(50);
      expect(await scores('landed.csv')).toEqual(decided);
      const sums = JSON.parse(await headrace('compact', '--stack', STACK, '--json')) as { readonly partitions: number };
      expect(sums.partitions).toBeGreaterThan(0);
      expect(await scores('compacted.csv')).toEqual(decided);
    },
    STEP_MS,
  );

  test(
    'gives the scorecard that the same events give from a file',
    async () => {
      const [there, here] = [join(folder, 'there'), join(folder, 'here')];
      const ofStack = await headrace('rules', 'fit', '--stack', STACK, ...LEARN, '--out', there, '--json');
      const ofFile = await headrace('rules', 'fit', '--input', input, ...LEARN, '--out', here, '--json');
      expect(withoutNotes(ofStack)).toEqual(withoutNotes(ofFile));
      expect(withoutNotes(ofStack)).toMatchObject({ transactions: 120, frauds: 100, test: { figures: { frauds: 15 } } });
      expect(Object.keys(rulesIn(there)).length).toBeGreaterThan(1);
      expect(rulesIn(there)).toEqual(rulesIn(here));
    },
    STEP_MS,
  );

  test(
    'is asked for by names and times that it has, and fetched no more than allowed',
    async () => {
      const said = (...args: readonly string[]): Promise<string> => headrace(...args).catch((error: Error) => error.message);
      expect(await said('backtest', '--stack', 'headrace-prod', ...RANGE)).toContain('--stack: got "headrace-prod"');
      expect(await said('rules', 'fit', '--stack', STACK, '--from', '2025-01-01', '--known-by', '2025-02-01')).toContain(
        'allowed: a range with events: the lake has those of 2026-01-05T10:00:00.000Z',
      );
    },
    STEP_MS,
  );
});
