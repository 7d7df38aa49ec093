import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const RUNS = 7;
const EMPTY = 'data:text/javascript,';

/** CPU that importing a file costs a fresh process, ms of all threads: the median of seven, less that of an empty module. */
export async function importCpuMs(file: string): Promise<number> {
  const own = await medianOf(pathToFileURL(file).href);
  return own - (await medianOf(EMPTY));
}

async function medianOf(specifier: string): Promise<number> {
  const script = `const before = process.cpuUsage(); await import(${JSON.stringify(specifier)});
    const { user, system } = process.cpuUsage(before); process.stdout.write(String((user + system) / 1000)); process.exit();`;
  const runs: number[] = [];
  for (let i = 0; i < RUNS; i += 1) {
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script]);
    runs.push(Number(stdout));
  }
  return runs.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
}
