import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../e2e/folder.ts';

interface Step {
  readonly command: string;
  /** What the README shows below the command; undefined if nothing. */
  readonly shown: string | undefined;
}

/** Shell blocks of one section, each with the text block that follows it. */
function stepsOf(readme: string, section: string): Step[] {
  const body = readme.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
  const blocks = [...body.matchAll(/```(sh|text)\n([\s\S]*?)```/g)].map(([, kind, text]) => ({ kind, text: text ?? '' }));
  return blocks.flatMap(({ kind, text }, i) => {
    const next = blocks[i + 1];
    return kind === 'sh' ? [{ command: text, shown: next?.kind === 'text' ? next.text : undefined }] : [];
  });
}

/** A folder from which the commands of the README find the shipped pipelines. */
function checkout(): string {
  const folder = temporaryFolder();
  for (const name of ['pipelines', 'examples']) symlinkSync(resolve(name), join(folder, name));
  return folder;
}

function run(command: string, cwd: string): string {
  const script = command.replaceAll('npx headrace', `"${process.execPath}" "${resolve('cli/headrace.mjs')}"`);
  return execFileSync('bash', ['-euc', script], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Output without what differs from run to run: numbers, ids, times, widths. */
const shapeOf = (text: string): string =>
  text
    .replace(/[\d][\d,.:TZ-]*/g, '#')
    .replace(/─+/g, '─')
    .replace(/[ \t]+/g, ' ')
    .trim();

const readme = readFileSync('README.md', 'utf8');

test('the tour of the README runs as written and prints what it shows', () => {
  const folder = checkout();
  const steps = stepsOf(readme, 'A tour in five minutes');
  expect(steps.length).toBeGreaterThan(5);
  for (const { command, shown } of steps) {
    const printed = run(command, folder);
    if (shown !== undefined) expect(shapeOf(printed), command).toBe(shapeOf(shown));
  }
}, 60_000);

test('the sensor example of the README runs as written', () => {
  const folder = checkout();
  const [make, feed] = stepsOf(readme, 'Write a pipeline');
  run(make?.command ?? 'false', folder);
  expect(run(feed?.command ?? 'false', folder)).toContain('The ledger balances');
}, 60_000);
