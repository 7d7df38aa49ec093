import type { Work } from './work.ts';

/** Folder of what the steps of a backfill have used, one empty object for each call. */
const CPU_FOLDER = 'cpu/';

/** Does one call of a step and writes down its CPU, whether it ended well or not; `call` tells calls apart. */
export async function withCpu<T>(work: Work, call: string, step: () => Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  try {
    return await step();
  } finally {
    const { user, system } = process.cpuUsage(before);
    // In the name, so that one list adds them all up.
    await work.objects.put(work.key(`${CPU_FOLDER}${user + system}-${call}`), new Uint8Array());
  }
}

/** CPU of all calls so far, microseconds; undefined where nobody wrote it down. */
export async function cpuOf(work: Work): Promise<number | undefined> {
  const names = await work.names(CPU_FOLDER);
  if (names.length === 0) return undefined;
  return names.reduce((sum, name) => sum + Number.parseInt(name.slice(CPU_FOLDER.length), 10), 0);
}
