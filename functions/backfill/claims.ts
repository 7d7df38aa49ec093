import { RetriableError } from '../../core/errors.ts';
import type { ObjectStore } from '../../core/ports.ts';
import { BackfillError } from './errors.ts';
import type { BackfillPlan, Span } from './plan-record.ts';
import type { BackfillPorts } from './ports.ts';

/** Key of the list of backfills at work, beside the work of each. */
const CLAIMS_KEY = 'claims.json';
const TRIES = 8;

/** A backfill at work: nobody else publishes in its hours. */
interface Claim extends Span {
  readonly id: string;
  readonly mode: string;
  readonly tables: readonly string[];
  readonly sinceMs: number;
}

/**
 * Puts a backfill on the list of those at work; again does no harm. Throws BackfillError BACKFILL_OVERLAPS while another one is at the
 * same hours of a table, and one of the two publishes.
 */
export async function claimRange(
  { work, lake }: Pick<BackfillPorts, 'work' | 'lake'>,
  { id, mode, scope, tables }: Pick<BackfillPlan, 'id' | 'mode' | 'scope' | 'tables'>,
): Promise<void> {
  await change(work.objects, (claims) => {
    if (claims.some((claim) => claim.id === id)) return claims;
    const other = claims.find(
      (claim) =>
        (mode !== 'verify' || claim.mode !== 'verify') &&
        claim.fromMs < scope.toMs &&
        scope.fromMs < claim.toMs &&
        claim.tables.some((table) => tables.includes(table)),
    );
    if (other !== undefined)
      throw new BackfillError(
        'BACKFILL_OVERLAPS',
        `backfill ${other.id} (${other.mode}, since ${new Date(other.sinceMs).toISOString()}) is at ${new Date(other.fromMs).toISOString()} to ${new Date(other.toMs).toISOString()}. Wait for it, finish it with headrace backfill --resume ${other.id}, or give it up with --abandon ${other.id}.`,
      );
    return [...claims, { id, mode, ...scope, tables, sinceMs: lake.clock() }];
  });
}

/** Takes a backfill off the list. */
export async function releaseClaim({ work }: Pick<BackfillPorts, 'work'>, id: string): Promise<void> {
  await change(work.objects, (claims) => claims.filter((claim) => claim.id !== id));
}

async function change(objects: ObjectStore, next: (claims: readonly Claim[]) => readonly Claim[]): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const stored = await objects.get(CLAIMS_KEY);
    const claims = stored === undefined ? [] : (JSON.parse(new TextDecoder().decode(stored.body)) as Claim[]);
    const changed = next(claims);
    if (JSON.stringify(changed) === JSON.stringify(claims)) return;
    if ((await objects.putIf(CLAIMS_KEY, new TextEncoder().encode(`${JSON.stringify(changed)}\n`), stored?.version)) !== undefined) return;
  }
  throw new RetriableError('the list of backfills at work is changed again and again by others; try again');
}
