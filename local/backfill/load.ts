import type { Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import type { Span } from '../../functions/backfill/plan-record.ts';
import type { BackfillPorts } from '../../functions/backfill/ports.ts';
import { type LoadOutcome, loadHistory } from '../../functions/load/load.ts';
import { feedShapeOf } from '../feed/events.ts';
import { feedIdOf, type Inputs, resolveInputs } from '../feed/inputs.ts';
import { fileEvents, readImport } from '../feed/read.ts';
import type { LoadedPipeline } from '../pipeline.ts';
import { dataFolder, readMeta } from '../runtime/folder.ts';
import { openMachine, spillPath } from '../runtime/machine.ts';

export type { LoadOutcome };

/** Files with history that never went through the stream. */
export interface HistoryFiles {
  readonly inputs: readonly string[];
  /** File with a SELECT over the view `input`. */
  readonly importFile?: string | undefined;
  /** Event type of rows that name none; default: the pipeline's first. */
  readonly defaultType?: string | undefined;
  /** Only events from then on, RFC 3339. */
  readonly from?: string | undefined;
  /** Only events before, RFC 3339. */
  readonly to?: string | undefined;
}

/** Such files as they were found. */
export interface FoundHistory {
  /** Names the load: by the names and bytes of the files, how they are shaped, and the span. */
  readonly id: string;
  readonly inputs: Inputs;
  readonly importSql: string | undefined;
  readonly defaultType: string | undefined;
  readonly span: Span;
}

/** Finds the files and names the load. Throws UsageError for files, queries and times that are none. */
export async function findHistory({ inputs: patterns, importFile, defaultType, from, to }: HistoryFiles): Promise<FoundHistory> {
  const span = { fromMs: timeOf('--from', from, Number.NEGATIVE_INFINITY), toMs: timeOf('--to', to, Number.POSITIVE_INFINITY) };
  if (span.fromMs >= span.toMs) throw usageError('range', `${from} to ${to}`, 'a --from before --to');
  const inputs = await resolveInputs(patterns);
  const importSql = importFile === undefined ? undefined : await readImport(importFile);
  const id = await feedIdOf(inputs, `${importSql ?? ''}\n${defaultType ?? ''}\n${span.fromMs} ${span.toMs}`);
  return { id, inputs, importSql, defaultType, span };
}

/** Loads found files into the lake of a data folder. */
export async function loadFound(
  ports: BackfillPorts,
  { id, inputs, importSql, defaultType, span }: FoundHistory,
  { root, signal }: { readonly root: string; readonly signal?: AbortSignal | undefined },
): Promise<LoadOutcome> {
  const shape = shapeOf(ports.plan.pipeline, defaultType);
  const records = (): ReturnType<typeof fileEvents> => fileEvents(inputs, { shape, importSql, spillPath: spillPath(dataFolder(root)) });
  return loadHistory(ports, { id, span, records, signal });
}

function shapeOf(pipeline: Pipeline, defaultType: string | undefined): ReturnType<typeof feedShapeOf> {
  const shape = feedShapeOf(pipeline);
  return defaultType === undefined ? shape : { ...shape, defaultType };
}

/** Makes a data folder that is not there yet, as `headrace up` would. */
export async function ensureFolder(root: string, loaded: LoadedPipeline): Promise<void> {
  if (readMeta(dataFolder(root)) !== undefined) return;
  const quiet = { observe: () => {}, onRetry: () => {} };
  const machine = await openMachine({ dataDir: root, loaded, shardCount: 1, port: 0, clock: Date.now, ...quiet });
  await machine.close();
}

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/;

function timeOf(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw usageError(name, text, 'a time in UTC, such as 2026-11-01 or 2026-11-01T05:30:00Z');
  return ms;
}
