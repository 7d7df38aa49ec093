import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** File of the secret in a data folder; only its owner may read it. Lost, it is made anew, and keys get other pseudonyms from then on. */
export const SECRET_FILE = 'erasure.key';
const SECRET_BYTES = 32;

/** The secret that pseudonyms of a data folder are made with; made on first use, for good. */
export function erasureSecret(root: string): Uint8Array {
  const path = join(root, SECRET_FILE);
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${randomBytes(SECRET_BYTES).toString('hex')}\n`, { mode: 0o600 });
  try {
    // A link fails when the name is taken: whoever is first has made it.
    linkSync(own, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(own, { force: true });
  }
  return Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
}
