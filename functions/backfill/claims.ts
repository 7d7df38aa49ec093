import { type Claim, changeClaims, ERASURE } from './claim-list.ts';
import { BackfillError } from './errors.ts';
import type { BackfillPlan } from './plan-record.ts';
import type { BackfillPorts } from './ports.ts';

/**
 * Puts a backfill on the list of those at work; again does no harm. Throws BackfillError BACKFILL_OVERLAPS while another one is at the
 * same hours of a table, and one of the two publishes, and while an erasure is at work.
 */
export async function claimRange(
  { work, lake }: Pick<BackfillPorts, 'work' | 'lake'>,
  { id, mode, scope, tables }: Pick<BackfillPlan, 'id' | 'mode' | 'scope' | 'tables'>,
): Promise<void> {
  await changeClaims(work.objects, (claims) => {
    if (claims.some((claim) => claim.id === id)) return claims;
    const other = claims.find(
      (claim) =>
        (mode !== 'verify' || claim.mode !== 'verify') &&
        claim.fromMs < scope.toMs &&
        scope.fromMs < claim.toMs &&
        claim.tables.some((table) => tables.includes(table)),
    );
    if (other !== undefined) throw new BackfillError('BACKFILL_OVERLAPS', overlapOf(other));
    return [...claims, { id, mode, ...scope, tables, sinceMs: lake.clock() }];
  });
}

function overlapOf({ id, mode, sinceMs, fromMs, toMs }: Claim): string {
  const [since, from, to] = [sinceMs, fromMs, toMs].map((ms) => new Date(ms).toISOString());
  if (mode === ERASURE)
    return `an erasure (since ${since}) is at all hours. headrace forget --list shows it; finish it with the same headrace forget, and then this again.`;
  return `backfill ${id} (${mode}, since ${since}) is at ${from} to ${to}. Wait for it, finish it with headrace backfill --resume ${id}, or give it up with --abandon ${id}.`;
}
