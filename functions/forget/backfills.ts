import { usageError } from '../../core/errors.ts';
import type { ObjectStore } from '../../core/ports.ts';
import { CLAIMS_KEY, changeClaims, ERASURE, readClaims } from '../backfill/claim-list.ts';
import type { BackfillReport } from '../backfill/report.ts';
import type { Summary } from '../backfill/summarise.ts';
import { APPROVAL, PLAN, PUBLICATIONS, REPORT, SUMMARY } from '../backfill/work.ts';

/** Latest instant of a date, epoch ms: an erasure is at all hours. */
const ALWAYS_MS = 8.64e15;

/** An erasure that is at work. */
export interface ErasureClaim {
  /** The pseudonym: the same for each try of the same erasure. */
  readonly id: string;
  readonly tables: readonly string[];
  readonly sinceMs: number;
}

/**
 * Keeps backfills from beginning until the erasure releases its claim; again does no harm. Throws UsageError while a backfill is at work or was
 * stopped: its work holds rows that it would publish.
 */
export async function claimForErasure(work: ObjectStore, { id, tables, sinceMs }: ErasureClaim): Promise<void> {
  await changeClaims(work, (claims) => {
    const backfill = claims.find(({ mode }) => mode !== ERASURE);
    if (backfill !== undefined)
      throw usageError(
        'backfills',
        `${backfill.id} (${backfill.mode}), which has not ended`,
        `none: finish it with headrace backfill --resume ${backfill.id}, or give it up with --abandon ${backfill.id}, and then this again`,
      );
    if (claims.some((claim) => claim.id === id)) return claims;
    return [...claims, { id, mode: ERASURE, fromMs: -ALWAYS_MS, toMs: ALWAYS_MS, tables, sinceMs }];
  });
}

/** Throws UsageError while an erasure is at work, or was begun and not finished. */
export async function assertNoErasure(work: ObjectStore): Promise<void> {
  const erasure = (await readClaims(work)).claims.find(({ mode }) => mode === ERASURE);
  if (erasure !== undefined)
    throw usageError(
      'backfill',
      `an erasure (since ${new Date(erasure.sinceMs).toISOString()}) that has not ended`,
      'none at work: headrace forget --list shows it; run the same headrace forget again, and then this',
    );
}

/** Names in the work of a backfill that hold places, times and counts only. */
const KEPT = new Set([PLAN, APPROVAL, PUBLICATIONS]);
/** Errors whose messages name hours and people, never rows. */
const PLAIN_ERRORS = new Set(['BackfillError', 'ApprovalRefused', 'Abandoned']);

/**
 * Removes all that backfills which have ended may still have of rows: samples, keys, files. In which spelling a sample has a key nobody can
 * say, so all samples go. Returns how many objects were removed.
 */
export async function clearBackfills(work: ObjectStore): Promise<number> {
  let removed = 0;
  for (const { key } of await work.list('')) {
    const name = key.slice(key.indexOf('/') + 1);
    if (key === CLAIMS_KEY || KEPT.has(name) || name.startsWith('items/')) continue;
    if (name === SUMMARY) await rewrite<Summary>(work, key, (summary) => ({ ...summary, sample: [], faultsShown: [] }));
    else if (name === REPORT) await rewrite<BackfillReport>(work, key, withoutRows);
    else {
      await work.remove(key);
      removed += 1;
    }
  }
  return removed;
}

function withoutRows(report: BackfillReport): BackfillReport {
  const { failure } = report;
  if (failure === undefined || PLAIN_ERRORS.has(failure.Error)) return report;
  return { ...report, failure: { ...failure, Cause: 'its message named rows, and went with an erasure' } };
}

async function rewrite<T>(work: ObjectStore, key: string, next: (value: T) => T): Promise<void> {
  const stored = await work.get(key);
  if (stored !== undefined) await work.put(key, bytesOf(next(JSON.parse(Buffer.from(stored.body).toString()) as T)));
}

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}
