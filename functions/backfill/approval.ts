import { usageError } from '../../core/errors.ts';
import { ApprovalRefused } from './errors.ts';
import type { ApprovalOutcome } from './events.ts';
import type { BackfillPorts } from './ports.ts';
import type { Summary } from './summarise.ts';
import { APPROVAL, SUMMARY, type Work } from './work.ts';

/** What is known of the question whether a backfill may publish. */
export interface Approval {
  readonly askedMs: number;
  /** Token by which the state machine goes on. */
  readonly token: string;
  readonly answer?: Answer;
}

/** What a person said. */
export interface Answer {
  readonly isApproved: boolean;
  readonly by: string;
  readonly atMs: number;
}

/** Asks people whether to publish, once for each token. An answer that was given stands, and lets the workflow go on at once. */
export async function ask(ports: BackfillPorts, work: Work, token: string): Promise<void> {
  const known = await work.find<Approval>(APPROVAL);
  if (known?.answer !== undefined) return ports.goOn(work.id, token, known.answer);
  if (known?.token === token) return;
  const { mode, range } = await work.plan();
  const { added, changed, removed, differing } = await work.read<Summary>(SUMMARY);
  await work.write(APPROVAL, { askedMs: ports.lake.clock(), token } satisfies Approval);
  const span = `${new Date(range.fromMs).toISOString()} to ${new Date(range.toMs).toISOString()}`;
  await ports.askPeople({
    id: work.id,
    text: `Backfill ${work.id} (${mode}, ${span}) would change ${differing} hours: ${added} rows added, ${changed} changed, ${removed} removed. See headrace backfill --show ${work.id}; answer with --approve ${work.id} or --refuse ${work.id}.`,
  });
}

/** Takes down what a person said; the first word counts. Throws UsageError for a backfill that does not ask, or was answered. */
export async function answer(work: Work, given: Answer): Promise<Approval> {
  const stored = await work.objects.get(work.key(APPROVAL));
  const known = await work.find<Approval>(APPROVAL);
  if (known === undefined || stored === undefined) throw usageError('backfill', work.id, 'one that waits for an approval');
  if (known.answer !== undefined) {
    const said = known.answer.isApproved ? 'approved' : 'refused';
    throw usageError(`backfill ${work.id}`, `a second answer`, `one: ${known.answer.by} has ${said} it`);
  }
  const answered: Approval = { ...known, answer: given };
  const body = new TextEncoder().encode(`${JSON.stringify(answered)}\n`);
  if ((await work.objects.putIf(work.key(APPROVAL), body, stored.version)) === undefined)
    throw usageError(`backfill ${work.id}`, 'a second answer at the same moment', 'one; look at it with --show');
  return answered;
}

/** Takes down what a person says while somebody else may say something too: the approval with the word that counts, whoever gave it. */
export async function firstAnswer(work: Work, given: Answer): Promise<Approval & { readonly answer: Answer }> {
  try {
    return { ...(await answer(work, given)), answer: given };
  } catch (error) {
    const known = await work.find<Approval>(APPROVAL);
    if (known?.answer === undefined) throw error;
    return { ...known, answer: known.answer };
  }
}

/** What an answer means to the workflow. Throws ApprovalRefused. */
export function outcomeOf(id: string, { isApproved, by }: Answer): ApprovalOutcome {
  if (!isApproved) throw new ApprovalRefused(`${by} refused backfill ${id}: nothing was published`);
  return { approvedBy: by };
}

/** An answer as the task of the state machine is told it. */
export function taskAnswer(
  id: string,
  given: Answer,
): { readonly output: ApprovalOutcome } | { readonly error: string; readonly cause: string } {
  try {
    return { output: outcomeOf(id, given) };
  } catch (error) {
    if (!(error instanceof ApprovalRefused)) throw error;
    return { error: error.name, cause: error.message };
  }
}
