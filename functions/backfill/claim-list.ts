import { RetriableError } from '../../core/errors.ts';
import type { ObjectStore } from '../../core/ports.ts';
import type { Span } from './plan-record.ts';

/** Key of the list of what is at work on the lake, beside the work of each backfill. */
export const CLAIMS_KEY = 'claims.json';
/** Mode of an erasure on the list: it is at all hours of all tables. */
export const ERASURE = 'erasure';

const TRIES = 8;

/** A backfill or an erasure at work: nobody else publishes in its hours. */
export interface Claim extends Span {
  readonly id: string;
  /** Of a backfill, or `erasure`. */
  readonly mode: string;
  readonly tables: readonly string[];
  readonly sinceMs: number;
}

/** The list as it is, and the version to change it by. */
export async function readClaims(work: ObjectStore): Promise<{ readonly claims: readonly Claim[]; readonly version: string | undefined }> {
  const stored = await work.get(CLAIMS_KEY);
  if (stored === undefined) return { claims: [], version: undefined };
  return { claims: JSON.parse(new TextDecoder().decode(stored.body)) as Claim[], version: stored.version };
}

/** Changes the list as it is at that moment; what `next` throws changes nothing. Throws RetriableError while others keep changing it. */
export async function changeClaims(work: ObjectStore, next: (claims: readonly Claim[]) => readonly Claim[]): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { claims, version } = await readClaims(work);
    const changed = next(claims);
    if (JSON.stringify(changed) === JSON.stringify(claims)) return;
    if ((await work.putIf(CLAIMS_KEY, new TextEncoder().encode(`${JSON.stringify(changed)}\n`), version)) !== undefined) return;
  }
  throw new RetriableError('the list of backfills at work is changed again and again by others; try again');
}

/** Takes a backfill or an erasure off the list. */
export async function releaseClaim(work: ObjectStore, id: string): Promise<void> {
  await changeClaims(work, (claims) => claims.filter((claim) => claim.id !== id));
}
