import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { NOW_POLICY } from '../../../lake/compaction/plan.ts';
import { SCRATCH_FOLDER } from '../../../lake/object-key.ts';
import { compactFolder } from '../../../local/compaction/compactor.ts';
import { lockFolder, lockHolder } from '../../../local/runtime/lock.ts';
import { ended } from '../../cli/process.ts';
import { testFolder } from '../folder.ts';

const RACERS = 2;
const FOLDERS = 300;

/** A process id that no process has any more. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid;
}

/** Claims one folder after the other, each at its moment, and says which it got; ends once the others have tried. */
const CLAIM = `
const { lockFolder } = await import(${JSON.stringify(resolve('local/runtime/lock.ts'))});
const [root, at] = process.argv.slice(1);
for (let i = 0; i < ${FOLDERS}; i += 1) {
  while (Date.now() < Number(at) + 5 * i);
  try { lockFolder(root + '/' + i); process.stdout.write(i + ' '); } catch {}
}
setTimeout(() => {}, 1500);
`;

test.each(['free', 'held by a dead process'])(
  'of processes that claim a folder at once one gets it: %s',
  async (before) => {
    const root = testFolder();
    const pid = String(deadPid());
    for (let i = 0; i < FOLDERS; i += 1) {
      mkdirSync(join(root, String(i)));
      if (before !== 'free') writeFileSync(join(root, String(i), 'lock'), pid);
    }
    const at = String(Date.now() + 1_500);
    const racers = Array.from({ length: RACERS }, () => spawn(process.execPath, ['--input-type=module', '-e', CLAIM, root, at]));
    const ends = await Promise.all(racers.map(ended));
    const claimed = ends.flatMap(({ out }) =>
      out
        .trim()
        .split(' ')
        .filter((one) => one !== ''),
    );
    expect(claimed.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: FOLDERS }, (_, i) => i));
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

test('a second compaction of a lake is told that another one is at work, in which process, and to wait', async () => {
  const lakeDir = testFolder();
  const folder = join(lakeDir, SCRATCH_FOLDER, 'compaction');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'lock'), String(process.ppid));
  const refused = compactFolder({ lakeDir, tables: [], policy: NOW_POLICY, keptMs: 0 });
  await expect(refused).rejects.toThrow(
    new RegExp(`^another compaction of this lake is at work: got "process ${process.ppid}"; allowed: one at a time.*wait until it is done`),
  );
  await expect(refused).rejects.not.toThrow(/stop that process|--data/);
  rmSync(join(folder, 'lock'));
  expect(await compactFolder({ lakeDir, tables: [], policy: NOW_POLICY, keptMs: 0 })).toMatchObject({ isComplete: true, failed: [] });
});
