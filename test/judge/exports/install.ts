import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Pinned packages of the readers, all of them. */
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
const INSTALL_MS = 300_000;

/** Where the readers are kept, outside of any checkout; another list of packages is another folder. */
export function readersFolder(environment: NodeJS.ProcessEnv): string {
  const cache = environment['XDG_CACHE_HOME'] ?? '';
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  return join(cache === '' ? join(homedir(), '.cache') : cache, 'headrace', `readers-${digest}`);
}

/** Installs pandas, Polars and DuckDB into a virtual environment with exactly the pinned packages, unless it is there; its Python. */
export async function installReaders(folder: string): Promise<string> {
  const python = join(folder, 'bin', 'python');
  const mark = join(folder, 'installed');
  if (existsSync(mark)) return python;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--requirement', REQUIREMENTS], { timeout: INSTALL_MS });
  // Marked whole or not at all: an install that was cut off is made anew.
  writeFileSync(`${mark}.new`, '');
  renameSync(`${mark}.new`, mark);
  return python;
}
