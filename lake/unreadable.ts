import { parseGenerationKey } from './names.ts';
import { quoteText } from './sql-text.ts';

/** What the engine says of files that it cannot make sense of, and of little else: most of it names no file. */
const OF_FILES = /^(?:Invalid Error|IO Error): |^Invalid Input Error: .*(?:file|parquet|unicode|bitpacked|decompress|page)/is;

/** The engine's words, on one line, if a damaged file may be why it stopped, whatever they were wrapped in since; undefined for other errors. */
export function saidOfFile(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message, cause } = error;
  return OF_FILES.test(message) && !message.includes('No space left on device') ? message.split('\n', 1)[0]?.trim() : saidOfFile(cause);
}

/** Why the engine cannot read the rows of a Parquet file, all of them; undefined if it can, or if it stops for a reason of its own. */
export async function whyUnreadable(run: (sql: string) => Promise<unknown>, path: string): Promise<string | undefined> {
  try {
    // A hash of every value: counts would be answered from the footer.
    await run(`SELECT bit_xor(hash(COLUMNS(*))) FROM read_parquet(${quoteText(path)}, hive_partitioning = false)`);
    return undefined;
  } catch (error) {
    return saidOfFile(error);
  }
}

/** In words, that rows of a file cannot be read though its footer can: compaction, which looks at footers only, does not find it by itself. */
export function damagedRows(key: string, said: string): string {
  return `its rows cannot be read: ${said}${parseGenerationKey(key) === undefined ? '' : '; remove that file first, so that compaction misses it'}`;
}
