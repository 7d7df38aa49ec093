import { usageError } from '../../core/errors.ts';
import type { StepFailure } from './events.ts';
import type { KnownBackfill } from './known.ts';
import { messageOf } from './workflow/failure.ts';

const ABANDONED = 'Abandoned';
const AGAIN = 'begin it again under another --id';

type End = Pick<KnownBackfill, 'id' | 'report'>;

/** The failure of a backfill that a person gives up. */
export function abandonedBy(by: string): Required<StepFailure> {
  return { Error: ABANDONED, Cause: `${by} gave it up` };
}

/** Throws UsageError for one that has ended: no answer makes a difference any more. */
export function assertAnswerable({ id, report }: End): void {
  if (report === undefined) return;
  const { failure } = report;
  const end = failure === undefined ? 'succeeded' : `failed with ${failure.Error}: ${messageOf(failure)}`;
  const allowed = `one that waits for an approval${failure === undefined ? '' : `; ${AGAIN}`}`;
  throw usageError(`backfill ${id}`, `an answer after its end (it ${end})`, allowed);
}

/** Throws UsageError for one that was given up: going on, it would publish on an answer that counts no more. */
export function assertGoesOn({ id, report }: End): void {
  if (report?.failure?.Error === ABANDONED) throw usageError('backfill', `${id}, which was given up`, `one that was not; ${AGAIN}`);
}

/** Throws UsageError for one that ended well: others may have built on what it has published. */
export function assertUnfinished({ id, report }: End): void {
  if (report !== undefined && report.failure === undefined) throw endedWell(id);
}

/** What giving up a backfill that ended well is answered. */
export function endedWell(id: string): Error {
  return usageError(
    'backfill',
    `${id}, which has ended well`,
    `one that has not: what it has published stays; --show ${id} has what changed`,
  );
}
