import type { Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { ALERT_DELIVERY_TABLE, WHAT_IF_TABLE } from '../../lake/tables.ts';
import { BackfillError } from './errors.ts';
import type { BackfillMode, BackfillRequest } from './events.ts';
import type { Fence, Span } from './plan-record.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MODES: readonly BackfillMode[] = ['verify', 'correct', 'rebuild', 'load'];
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/;

/** Throws UsageError unless an id is one that can name objects and executions. */
export function checkId(id: string): void {
  if (!ID.test(id)) throw usageError('id of a backfill', id, '1 to 80 letters, digits, - and _, the first a letter or digit');
}

/** Range of a request. Throws UsageError, and BackfillError NOTHING_FINAL where none of it is final yet. */
export function rangeOf(request: BackfillRequest, fence: Fence, latenessMs: number): Span {
  if (!MODES.includes(request.mode)) throw usageError('mode', request.mode, MODES.join(', '));
  const finalMs = Math.floor((fence.closedMs - latenessMs) / HOUR_MS) * HOUR_MS;
  const range = request.lastDays === undefined ? spanOf(request) : lastDays(request, finalMs);
  if (range.fromMs >= finalMs)
    throw new BackfillError(
      'NOTHING_FINAL',
      `windows are final up to ${new Date(finalMs).toISOString()}, and the range begins at ${new Date(range.fromMs).toISOString()}; choose an earlier --from`,
    );
  return { fromMs: range.fromMs, toMs: Math.min(range.toMs, finalMs) };
}

function lastDays({ lastDays: days, from, to }: BackfillRequest, finalMs: number): Span {
  if (days === undefined || !Number.isInteger(days) || days < 1 || days > 400)
    throw usageError('lastDays', days, 'a whole number, 1 to 400');
  if (from !== undefined || to !== undefined) throw usageError('range', 'lastDays beside from or to', 'one of them');
  const toMs = Math.floor(finalMs / DAY_MS) * DAY_MS;
  return { fromMs: toMs - days * DAY_MS, toMs };
}

function spanOf({ from, to }: BackfillRequest): Span {
  const span = { fromMs: hourOf('--from', from), toMs: hourOf('--to', to) };
  if (span.fromMs >= span.toMs) throw usageError('range', `${from} to ${to}`, 'a --from before --to');
  return span;
}

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.0+)?)?Z)?$/;

function hourOf(name: string, text: string | undefined): number {
  const ms = text !== undefined && TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms) || ms % HOUR_MS !== 0)
    throw usageError(name, text ?? 'nothing', 'a whole hour in UTC, such as 2026-11-01 or 2026-11-01T05:00Z');
  return ms;
}

/** Tables that a request is about. Throws UsageError for a name that is none, or that its mode leaves alone. */
export function tablesOfRequest(request: BackfillRequest, pipeline: Pipeline, tables: readonly TableSchema[]): string[] {
  const aggregates = Object.keys(pipeline.aggregates);
  const recorded = tables.map(({ name }) => name).filter((name) => !NEVER_RECOMPUTED.includes(name));
  // What was never judged live gets no decisions.
  const loaded = recorded.filter((name) => !DECIDED.includes(name));
  const possible = request.mode === 'verify' ? recorded : request.mode === 'load' ? loaded : aggregates;
  const isAll = request.rulesVersion === undefined || request.mode === 'load';
  const chosen = request.tables ?? (isAll ? possible : []);
  for (const name of chosen) {
    if (!possible.includes(name))
      throw usageError(`table of mode ${request.mode}`, name, possible.length === 0 ? 'none' : possible.join(', '));
  }
  if (request.rulesVersion === undefined) return [...chosen];
  if (pipeline.decision === undefined) throw usageError('rules version', request.rulesVersion, 'none: the pipeline judges nothing');
  return [...chosen, WHAT_IF_TABLE];
}

const DECIDED = ['decisions', 'alerts'];

/** The archive is what is replayed, the ledger and the deliveries of alerts go by the clock, and what-if tables are asked for by a version. */
const NEVER_RECOMPUTED = ['archive', 'ledger', ALERT_DELIVERY_TABLE, WHAT_IF_TABLE];
