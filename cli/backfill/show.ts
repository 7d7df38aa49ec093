import { usageError } from '../../core/errors.ts';
import type { Backfills, KnownBackfill } from '../../local/backfill/backfills.ts';
import { columnsText, writeOut } from '../output.ts';
import { planText, summaryText } from './text.ts';

/** Shows all backfills. */
export async function showAll(backfills: Backfills, isJson: boolean): Promise<number> {
  const all = await Promise.all((await backfills.ids()).map((id) => backfills.look(id)));
  const rows = all.map((one) => ({ id: one.id, mode: one.plan?.mode ?? '', state: stateOf(one) }));
  if (isJson) writeOut(`${JSON.stringify(rows)}\n`);
  else writeOut(columnsText([['id', 'mode', 'state'], ...rows.map(({ id, mode, state }) => [id, mode, state])]));
  return 0;
}

/** Shows one backfill. */
export async function showOne(backfills: Backfills, id: string, isJson: boolean): Promise<number> {
  const known = await backfills.look(id);
  if (known.plan === undefined) throw usageError('backfill', id, 'one that --list shows');
  if (isJson) writeOut(`${JSON.stringify(known)}\n`);
  else writeOut(`${planText(known.plan)}${known.summary === undefined ? '' : summaryText(known.summary)}${stateOf(known)}\n`);
  return 0;
}

function stateOf({ report, approval }: KnownBackfill): string {
  if (report?.failure !== undefined) return `failed: ${report.failure.Error}`;
  if (report !== undefined) return `done, ${report.published} hours published`;
  return approval !== undefined && approval.answer === undefined ? 'waits for an approval' : 'at work, or stopped';
}
