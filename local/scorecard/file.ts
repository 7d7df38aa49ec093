import { readFile } from 'node:fs/promises';
import { usageError } from '../../core/errors.ts';
import { parseScorecard, type Scorecard } from '../../core/scorecard/scorecard.ts';
import { parseYaml } from '../../pipelines/rule-files.ts';

/** Reads the file of a scorecard. Throws UsageError of one line naming the file. */
export async function loadScorecard(path: string): Promise<Scorecard> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw usageError('file of a scorecard', path, `a file that can be read (${code}); headrace rules schema scorecard says what is in it`);
  });
  return parseScorecard(parseYaml(bytes, path), path);
}
