import { existsSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { checkFooter } from '../../lake/generations/checked.ts';
import { damagedRows, saidOfFile, whyUnreadable } from '../../lake/unreadable.ts';
import { FolderObjectStore } from '../objects/folder.ts';

/** Files that a query was about, and the engine that stopped at one of them. */
export interface FilesRead {
  readonly lakeDir: string;
  /** Paths below it. */
  readonly files: readonly string[];
  readonly run: (sql: string) => Promise<unknown>;
}

/**
 * What is wrong with files, by their keys, if that may be why the engine stopped: its message seldom names one, so each is read. None if
 * the error is another one.
 */
export async function findDamage(error: unknown, { lakeDir, files, run }: FilesRead): Promise<[key: string, what: string][]> {
  if (saidOfFile(error) === undefined) return [];
  const store = new FolderObjectStore(lakeDir);
  const found: [string, string][] = [];
  for (const path of files) {
    const key = relative(lakeDir, path);
    const said = existsSync(path) ? await whyUnreadable(run, path) : 'it was removed meanwhile';
    if (said === undefined) continue;
    const inFooter = existsSync(path) ? await checkFooter(store, { key, bytes: statSync(path).size, modifiedMs: 0 }) : said;
    found.push([key, inFooter ?? damagedRows(key, said)]);
  }
  return found;
}
