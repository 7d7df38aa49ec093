import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** What is to be done when a test, or all of a file, is over. */
export type AtEnd = (clean: () => void | Promise<void>) => void;

/** A new folder of one test, removed when the test is over. */
export function testFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-test-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
