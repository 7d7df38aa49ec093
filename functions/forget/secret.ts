import { randomBytes } from 'node:crypto';
import type { ObjectStore } from '../../core/ports.ts';

/** Key of the secret among the objects of erasure, apart from the lake. Without it keys get other pseudonyms from then on. */
const SECRET_KEY = 'secret';
const SECRET_BYTES = 32;

/** The secret that pseudonyms of a stack are made with; made on first use, for good: whoever is first has made it. */
export async function storedSecret(objects: ObjectStore): Promise<Uint8Array> {
  const known = await objects.get(SECRET_KEY);
  if (known !== undefined) return known.body;
  await objects.putIf(SECRET_KEY, randomBytes(SECRET_BYTES), undefined);
  const stored = await objects.get(SECRET_KEY);
  if (stored === undefined) throw new Error('the secret of erasures was removed while it was made; run the same command again');
  return stored.body;
}
