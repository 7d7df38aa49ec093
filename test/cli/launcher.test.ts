import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ended, launch, said } from './process.ts';

/** Flags that make the launcher believe that it runs on an old Node. */
const OLD = [
  '--import',
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.1.0"}});Object.defineProperty(process,"version",{value:"v20.1.0"})',
];

/** A project with nothing but the launcher, a start file, and Node 24 unless it was not installed. */
function project(startTs: string, { hasNode24 }: { readonly hasNode24: boolean }): string {
  const root = mkdtempSync(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'cli'));
  mkdirSync(join(root, 'node_modules', 'node', 'bin'), { recursive: true });
  copyFileSync('cli/headrace.mjs', join(root, 'cli', 'headrace.mjs'));
  writeFileSync(join(root, 'cli', 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'cli', 'start.ts'), startTs);
  if (hasNode24) symlinkSync(process.execPath, join(root, 'node_modules', 'node', 'bin', 'node'));
  return join(root, 'cli', 'headrace.mjs');
}

/** Says `ready`, and ends with 40 plus the number of signals that came within a moment of the first. */
const COUNTS_SIGNALS = `
  let signals: string[] = [];
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => {
    signals.push(name);
    if (signals.length === 1) setTimeout(() => { console.log(signals.join()); process.exit(40 + signals.length); }, 200);
  });
  setInterval(() => {}, 1000);
  console.log('ready');`;

describe('the launcher', () => {
  test.each([true, false])('keeps arguments and exit code (old Node: %s)', async (isOld) => {
    const launcher = project('console.log(JSON.stringify(process.argv.slice(2))); process.exit(7);', { hasNode24: true });
    const { code, out, err } = await ended(launch(launcher, ['a b', '--x=1'], isOld ? OLD : []));
    expect({ code, out, err }).toEqual({ code: 7, out: '["a b","--x=1"]\n', err: '' });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('passes %s on once', async (signal) => {
    const child = launch(project(COUNTS_SIGNALS, { hasNode24: true }), [], OLD);
    const end = ended(child);
    await said(child, 'ready');
    child.kill(signal);
    expect(await end).toMatchObject({ code: 41, out: `ready\n${signal}\n` });
  });

  test('tells by its exit code that the command was killed', async () => {
    const child = launch(project("process.kill(process.pid, 'SIGKILL');", { hasNode24: true }), [], OLD);
    expect((await ended(child)).code).toBe(128 + 9);
  });

  test('says in one line what to do when Node 24 is not there', async () => {
    const { code, out, err } = await ended(launch(project('', { hasNode24: false }), [], OLD));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^headrace needs Node 24: got v20\.1\.0 [^\n]*npm ci[^\n]*\n$/);
  });
});

describe('the real command', () => {
  test('ends with 2 and one line on bad usage, with 0 and text on help', async () => {
    const bad = await ended(launch('cli/headrace.mjs', ['run', '--shards', '0'], OLD));
    expect(bad).toMatchObject({ code: 2, out: '' });
    expect(bad.err.split('\n')).toHaveLength(2);
    const help = await ended(launch('cli/headrace.mjs', ['--help'], OLD));
    expect(help).toMatchObject({ code: 0, err: '' });
  });

  test('is quiet when the reader of its output goes away', async () => {
    const child = launch('cli/headrace.mjs', ['schema'], OLD);
    child.stdout?.destroy();
    const { code, err } = await ended(child);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});
