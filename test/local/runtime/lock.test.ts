import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { lockFolder, lockHolder } from '../../../local/runtime/lock.ts';
import { ended } from '../../cli/process.ts';
import { testFolder } from '../folder.ts';

const RACERS = 6;

/** A process id that no process has any more. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid;
}

/** Claims a folder at the given moment, says so, and holds it until the others have tried. */
const CLAIM = `
const { lockFolder } = await import(${JSON.stringify(resolve('local/runtime/lock.ts'))});
const [folder, at] = process.argv.slice(1);
while (Date.now() < Number(at));
try { lockFolder(folder); process.stdout.write('mine'); } catch { process.stdout.write('no'); }
setTimeout(() => {}, 1500);
`;

test.each(['free', 'held by a dead process'])(
  'of processes that claim a folder at once one gets it: %s',
  async (before) => {
    const folder = testFolder();
    if (before !== 'free') writeFileSync(join(folder, 'lock'), String(deadPid()));
    const at = String(Date.now() + 2_500);
    const racers = Array.from({ length: RACERS }, () => spawn(process.execPath, ['--input-type=module', '-e', CLAIM, folder, at]));
    const ends = await Promise.all(racers.map(ended));
    expect(ends.map(({ out }) => out).sort()).toEqual(['mine', ...Array.from({ length: RACERS - 1 }, () => 'no')]);
  },
  30_000,
);

test('a folder whose holder is gone is free, and a claim leaves nothing behind', () => {
  const folder = testFolder();
  writeFileSync(join(folder, 'lock'), String(deadPid()));
  expect(lockHolder(folder)).toBeUndefined();
  const lock = lockFolder(folder);
  expect(readdirSync(folder)).toEqual(['lock']);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});
