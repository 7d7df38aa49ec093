import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testFolder } from '../local/folder.ts';
import { headrace, type Outcome } from './command-line.ts';

const RANGE = ['--from', '2026-01-05', '--to', '2026-01-06'];
const CORRECT = ['--mode', 'correct', '--approve-above', '0', ...RANGE];
const ROWS = 'SELECT terminal_id, window_start, count, revision FROM terminal_1h ORDER BY window_start';

function payment(id: string, time: string): string {
  const base = { customer_id: 'ada', terminal_id: 't7', amount: '12.50', currency: 'EUR' };
  return JSON.stringify({ type: 'transaction', event_id: id, event_time: `2026-01-05T${time}:00Z`, ...base });
}

const cleanups: (() => void | Promise<void>)[] = [];
let history: string;
let before: string;

beforeAll(async () => {
  const folder = testFolder((clean) => void cleanups.push(clean));
  history = join(folder, 'data');
  const file = join(folder, 'history.ndjson');
  writeFileSync(file, `${[payment('p1', '10:00'), payment('p2', '11:30'), payment('late', '10:20')].join('\n')}\n`);
  expect((await headrace('run', '--input', file, '--data', history)).code).toBe(0);
  before = (await headrace('query', '--data', history, ROWS)).out;
}, 120_000);

afterAll(async () => {
  for (const clean of cleanups) await clean();
});

/** A copy of the history, and command lines over it. */
function copied(): (...args: string[]) => Promise<Outcome> {
  const data = join(testFolder(), 'data');
  cpSync(history, data, { recursive: true });
  return (...args) => (args[0] === 'query' ? headrace('query', '--data', data, ROWS) : headrace('backfill', '--data', data, ...args));
}

describe('one that was given up', () => {
  test('takes no answer, and does not go on: exit code 2, and what to do', async () => {
    const backfill = copied();
    expect(await backfill(...CORRECT, '--id', 'ww')).toMatchObject({ code: 1, err: expect.stringContaining('ww waits for an approval') });
    expect(await backfill('--abandon', 'ww', '--by', 'bob')).toMatchObject({ code: 0 });
    for (const word of ['--approve', '--refuse']) {
      const { code, err } = await backfill(word, 'ww');
      expect(err).toMatch(/an answer after its end \(it failed with Abandoned: bob gave it up\).*begin it again under another --id/);
      expect(code).toBe(2);
    }
    const resumed = await backfill('--resume', 'ww', '--yes');
    expect(resumed.err).toMatch(/got "ww, which was given up"; allowed: one that was not; begin it again under another --id/);
    expect(resumed.code).toBe(2);
    expect((await backfill('query')).out).toBe(before);
    expect(await backfill(...CORRECT, '--id', 'again', '--yes')).toMatchObject({ code: 0 });
    expect((await backfill('query')).out).not.toBe(before);
  });
});

test('one that ended well cannot be given up: what it has published stays', async () => {
  const backfill = copied();
  expect(await backfill(...CORRECT, '--id', 'rr', '--yes')).toMatchObject({ code: 0 });
  const after = (await backfill('query')).out;
  expect(after).not.toBe(before);
  const { code, err } = await backfill('--abandon', 'rr');
  expect(err).toContain('got "rr, which has ended well"; allowed: one that has not');
  expect(code).toBe(2);
  expect((await backfill('query')).out).toBe(after);
  expect(await backfill(...RANGE)).toMatchObject({ code: 0, out: expect.stringContaining('Every row is as it must be.') });
});

describe('for a program', () => {
  const line = ({ out }: Outcome): unknown => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');

  test('one that waits ends with what it would change, and where it stands', async () => {
    const backfill = copied();
    const waiting = await backfill(...CORRECT, '--id', 'ww', '--json');
    expect(waiting.code).toBe(1);
    expect(line(waiting)).toMatchObject({ mode: 'correct', changed: 10, published: 0, id: 'ww', end: 'waiting' });
    const approved = await backfill('--approve', 'ww', '--json');
    expect([approved.code, line(approved)]).toEqual([
      0,
      expect.objectContaining({ mode: 'correct', changed: 10, published: expect.toSatisfy((hours: number) => hours > 0) }),
    ]);
  });

  test('one whose plan fails ends with the mode that was asked for', async () => {
    const failed = await copied()('--mode', 'rebuild', '--from', '2027-01-05', '--to', '2027-01-06', '--json');
    expect([failed.code, line(failed)]).toEqual([1, expect.objectContaining({ mode: 'rebuild', published: 0 })]);
    expect(failed.err).toContain('NOTHING_FINAL');
  });
});
