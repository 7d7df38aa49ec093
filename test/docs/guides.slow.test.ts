import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { storyLines } from '../cli/backtest/story.ts';
import { historyLines } from '../cli/rules/fit/history.ts';
import { temporaryFolder } from '../e2e/folder.ts';
import { checkout, run, shapeOf, stepsOf } from './steps.ts';

test('the guide to bad data runs as written and prints what it shows', () => {
  const folder = checkout();
  const steps = stepsOf(readFileSync('docs/guides/mend-bad-data.md', 'utf8'), 'Look, mend, send');
  expect(steps).toHaveLength(5);
  for (const { command, shown } of steps) {
    const printed = run(command, folder);
    if (shown !== undefined) expect(shapeOf(printed), command).toBe(shapeOf(shown));
    if (command.includes('headrace ledger')) expect(printed).toMatch(/^all +5 +3 +0 +0 +2$/m);
  }
}, 240_000);

test('the guide to card numbers runs as written, and its two ways to make a token agree', () => {
  const folder = checkout();
  const guide = readFileSync('docs/guides/card-data.md', 'utf8');
  const steps = stepsOf(guide, 'See it');
  expect(steps).toHaveLength(2);
  for (const { command, shown } of steps) expect(shapeOf(run(command, folder)), command).toBe(shapeOf(shown ?? ''));
  const [token] = stepsOf(guide, 'Send tokens');
  const shown = token?.shown ?? 'nothing shown';
  expect(run(token?.command ?? '', folder)).toBe(shown);
  const script = join(folder, 'token.ts');
  const code = /```ts\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
  writeFileSync(script, code.replace('./core', resolve('core')));
  const env = { CARD_TOKEN_KEY: '07'.repeat(32) };
  expect(execFileSync(process.execPath, [script], { encoding: 'utf8', env })).toBe(shown);
}, 240_000);

test('the guide to alerts runs as written: a snooze is shown, alerts are listed with what became of them', () => {
  const folder = checkout();
  const steps = stepsOf(readFileSync('docs/guides/alerts.md', 'utf8'), 'See it');
  expect(steps).toHaveLength(3);
  const [watch, list, wake] = steps.map(({ command }) => run(command, folder));
  expect(shapeOf(watch ?? '')).toBe(shapeOf(steps[0]?.shown ?? ''));
  const head = (text: string | undefined): string[] | undefined => text?.split('\n')[0]?.split(/ {2,}/);
  expect(head(list)).toEqual(head(steps[1]?.shown));
  expect(list).toMatch(/\n\d+ alerts?: told \d+(, \w+ \d+)*\.\n$/);
  expect(wake).toContain('Alerts of customer_id=c-17 are told again');
}, 240_000);

test('the guide to back-tests runs as written', () => {
  const folder = checkout();
  const steps = stepsOf(readFileSync('docs/guides/measures.md', 'utf8'), 'Run one');
  expect(steps).toHaveLength(3);
  writeFileSync(join(folder, 'history.ndjson'), `${storyLines({ seed: 3, payments: 400 }).join('\n')}\n`);
  cpSync('pipelines/payments/rules', join(folder, 'candidate', 'rules'), { recursive: true });
  const [alone, beside, line] = steps.map(({ command }) => run(command, folder));
  expect(alone).toContain('average precision');
  expect(beside).toContain('candidate');
  expect(beside).toContain('rule that all but fired');
  expect(alone).not.toContain('all but fired');
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<svg');
  expect(JSON.parse(line ?? '')).toMatchObject({ labels: 400 });
  expect(readFileSync(join(folder, 'scores.csv'), 'utf8')).toMatch(/^transaction_id,event_time,customer_id,score,outcome\n/);
  const lake = stepsOf(readFileSync('docs/guides/measures.md', 'utf8'), 'Over a lake');
  expect(lake).toHaveLength(1);
  const figures = (text: string | undefined): string => text?.slice(text.indexOf('\nfigure')) ?? '';
  expect(figures(alone)).toContain('average precision');
  expect(run(lake[0]?.command ?? '', folder)).toContain(figures(alone));
}, 240_000);

test('the guide to scorecards runs as written, and shows a table and a rule as they come out', () => {
  const folder = checkout();
  const guide = readFileSync('docs/guides/scorecard.md', 'utf8');
  writeFileSync(join(folder, 'history.ndjson'), `${historyLines({ seed: 4, days: 49, payments: 6_000 }).join('\n')}\n`);
  const [learn, review, compare] = ['Learn', 'Review and try'].flatMap((section) => stepsOf(guide, section));
  const table = run(learn?.command ?? '', folder);
  const [ofLake] = stepsOf(guide, 'From a lake');
  const pointsOf = (text: string): string => text.slice(text.indexOf('\nvalue '), text.indexOf('\nThe points of all lines'));
  expect(pointsOf(table)).toContain('22000 or more');
  expect(pointsOf(run(ofLake?.command ?? '', folder))).toBe(pointsOf(table));
  for (const line of learn?.shown?.trimEnd().split('\n') ?? ['nothing shown']) expect(shapeOf(table)).toContain(shapeOf(line));
  expect(table).toContain('beside');
  expect(run(review?.command ?? '', folder)).toBe(review?.shown);
  run(compare?.command ?? '', folder);
  expect(readFileSync(join(folder, 'compared.txt'), 'utf8')).toContain('average precision');
  const rulesIn = (dir: string): string[] => readdirSync(join(folder, dir, 'rules'));
  for (const name of rulesIn('candidate')) {
    const written = readFileSync(join(folder, 'from-lake', 'rules', name), 'utf8');
    expect(written.replace('status: draft', 'status: active')).toBe(readFileSync(join(folder, 'candidate', 'rules', name), 'utf8'));
  }
  expect(rulesIn('from-lake')).toEqual(rulesIn('candidate'));
}, 600_000);

test('the guide to erasure runs as written and prints what it shows', () => {
  const folder = checkout();
  const steps = stepsOf(readFileSync('docs/guides/erasure.md', 'utf8'), 'See it');
  expect(steps).toHaveLength(3);
  const shape = (text: string): string => shapeOf(text.replace(/erased-[a-p]+/g, 'erased-x'));
  for (const { command, shown } of steps) {
    const printed = run(command, folder);
    if (shown !== undefined) expect(shape(printed), command).toBe(shape(shown));
  }
}, 240_000);

test('the guide to backfill runs as written, prints what it shows, and names every fault of the code', () => {
  const folder = checkout();
  const guide = readFileSync('docs/guides/backfill.md', 'utf8');
  const steps = ['Check what is published', 'Fold late events in', 'Approve, stop, go on', 'Load history from files'].flatMap((section) =>
    stepsOf(guide, section),
  );
  expect(steps).toHaveLength(4);
  for (const { command, shown } of steps) {
    const printed = run(command, folder);
    if (shown !== undefined) expect(printed.replaceAll('\r', ''), command).toContain(shown);
  }
  const faults = [...readFileSync('functions/backfill/errors.ts', 'utf8').matchAll(/\| '([A-Z_]+)'/g)].map(([, fault]) => fault ?? '');
  expect(faults.length).toBeGreaterThan(5);
  for (const fault of faults) expect(guide).toContain(`\`${fault}\``);
}, 240_000);

test('the guide to load tests runs as written, and every event is accounted for', () => {
  const folder = checkout();
  const guide = readFileSync('docs/guides/load-testing.md', 'utf8');
  const steps = ['See it', 'Profiles', 'The limit'].flatMap((section) => stepsOf(guide, section));
  expect(steps).toHaveLength(3);
  const [simple, profile, limit] = steps.map(({ command }) => runOnBusyMachine(command, folder));
  for (const said of [simple, profile]) expect(said).toMatch(/what the lake has +expected +found\n/);
  for (const said of [simple, profile]) expect(said).toContain('0 events lost.');
  expect(readFileSync(join(folder, 'load.html'), 'utf8')).toContain('<svg');
  expect(limit).toMatch(/The highest rate that was sustained is \d+|No rate was sustained/);
  for (const name of ['constant', 'ramp', 'spike', 'soak']) expect(guide).toContain(`\`${name}\``);
}, 480_000);

/** What a load prints, also if this machine was too busy for its schedule; any other failure is thrown. */
function runOnBusyMachine(command: string, folder: string): string {
  try {
    return run(command, folder);
  } catch (error) {
    const said = String((error as { stdout?: unknown }).stdout);
    if (/too slow for its own schedule|99th percentile|waited at its end/.test(said)) return said;
    throw error;
  }
}

test('the guide to rules runs as written and prints what it shows', () => {
  const folder = temporaryFolder();
  // The guide adds a pipeline beside the shipped one.
  cpSync('pipelines', join(folder, 'pipelines'), { recursive: true });
  for (const name of ['core', 'node_modules', 'package.json']) symlinkSync(resolve(name), join(folder, name));
  const guide = readFileSync('docs/guides/rules.md', 'utf8');
  const steps = ['See it', 'New features start warm'].flatMap((section) => stepsOf(guide, section));
  expect(steps).toHaveLength(5);
  const shape = (text: string): string => shapeOf(text.replace(/rule set [0-9a-f]+/, 'rule set x').replace(/[ \r]+$/gm, ''));
  for (const { command, shown } of steps) {
    const printed = run(command, folder);
    if (shown !== undefined) expect(shape(printed), command).toBe(shape(shown));
  }
  for (const fault of faultsIn('functions/warm-start/errors.ts')) expect(guide).toContain(`\`${fault}\``);
}, 240_000);

/** Names of the faults that a file of errors has. */
function faultsIn(path: string): string[] {
  const faults = [...readFileSync(path, 'utf8').matchAll(/'([A-Z]+_[A-Z_]+)'/g)].map(([, fault]) => fault ?? '');
  expect(faults.length).toBeGreaterThan(1);
  return faults;
}
