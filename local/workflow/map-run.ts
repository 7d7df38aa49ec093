import type { ObjectStore } from '../../core/ports.ts';
import { ITEM_FAILED, type ItemResult } from '../../functions/backfill/workflow/failure.ts';
import type { Definition, Json, State } from '../../functions/backfill/workflow/language.ts';
import { handedOn, StateError, stopped } from './errors.ts';
import type { Execution } from './execution.ts';

/** What of a map the library has filled in. */
interface MapParameters {
  readonly reader: { readonly Key: string };
  readonly writer: { readonly Bucket: string; readonly Prefix: string };
  readonly batchInput: Json;
  readonly concurrency: number;
}

/** Starts the processor of a map on one batch. */
type Start = (execution: Execution, processor: Definition, input: Json) => { readonly result: Promise<unknown> };

/** Runs one Distributed Map: batches of its items as child executions, the first that fails ends the others; results become objects. */
export async function runMap(
  execution: Execution,
  state: State,
  given: { readonly parameters: unknown; readonly start: Start },
): Promise<Json> {
  // All shapes are those of the definition, which was checked.
  const parameters = given.parameters as MapParameters;
  const processor = state['ItemProcessor'] as unknown as Definition;
  const { MaxItemsPerBatch: size } = state['ItemBatcher'] as { readonly MaxItemsPerBatch: number };
  checkConcurrency(parameters.concurrency);
  const items = await readItems(execution.objects, parameters.reader.Key);
  const inputs = Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    handedOn({ Items: items.slice(i * size, (i + 1) * size), BatchInput: parameters.batchInput }),
  );
  const id = execution.newId();
  const results = await runChildren(
    { ...execution, name: id },
    { start: given.start, processor, inputs, concurrency: parameters.concurrency },
  );
  if (execution.signal.aborted) throw stopped();
  const manifest = await writeResults(execution.objects, parameters.writer, { id, inputs, results });
  if (results.some(({ Status }) => Status === 'FAILED'))
    throw new StateError(ITEM_FAILED, 'The specified tolerated failure threshold was exceeded');
  return { MapRunArn: id, ResultWriterDetails: { Bucket: parameters.writer.Bucket, Key: manifest } };
}

function checkConcurrency(value: unknown): void {
  if (!Number.isInteger(value) || Number(value) < 1)
    throw new StateError('States.Runtime', `concurrency: got ${String(value)}; allowed: a whole number from 1`, false);
}

async function readItems(objects: ObjectStore, key: string): Promise<Json[]> {
  const failed = (why: string): StateError => new StateError('States.ItemReaderFailed', `${key}: ${why}`);
  const stored = await objects.get(key);
  if (stored === undefined) throw failed('there is no such object');
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(stored.body));
    if (Array.isArray(value)) return value as Json[];
  } catch {
    throw failed('not readable as JSON');
  }
  throw failed('not a list');
}

interface Children {
  readonly start: Start;
  readonly processor: Definition;
  readonly inputs: readonly Json[];
  readonly concurrency: number;
}

/** Results of the children that came to an end, in the order they did. */
async function runChildren(execution: Execution, { start, processor, inputs, concurrency }: Children): Promise<ItemResult[]> {
  const failing = new AbortController();
  const signal = AbortSignal.any([execution.signal, failing.signal]);
  const results: ItemResult[] = [];
  const left = inputs.entries();
  const running = new Set<Promise<unknown>>();
  const work = async (): Promise<void> => {
    for (const [i, input] of left) {
      if (signal.aborted) return;
      const child: Execution = { ...execution, running, signal, name: `${execution.name}-${i}` };
      const result = await runChild(child, () => start(child, processor, input).result, input);
      if (result !== undefined) results.push(result);
      if (result?.Status === 'FAILED') failing.abort();
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, inputs.length) }, work));
  await Promise.allSettled(running);
  return results;
}

/** Undefined for a child that was stopped. */
async function runChild(child: Execution, run: () => Promise<unknown>, input: Json): Promise<ItemResult | undefined> {
  const common = { Name: child.name, Input: JSON.stringify(input) };
  try {
    const output = await run();
    return { ...common, Status: 'SUCCEEDED', Output: JSON.stringify(output) };
  } catch (error) {
    if (child.signal.aborted) return undefined;
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof Error)) throw error;
    return { ...common, Status: 'FAILED', Error: cause.name, Cause: cause.message };
  }
}

interface MapResults {
  readonly id: string;
  readonly inputs: readonly Json[];
  readonly results: readonly ItemResult[];
}

/** Writes the files of the service, with fewer fields: results by status, and a manifest that lists them. Its key. */
async function writeResults(objects: ObjectStore, { Bucket, Prefix }: MapParameters['writer'], run: MapResults): Promise<string> {
  const folder = `${Prefix}/${run.id}`;
  const files: Record<string, { readonly Key: string; readonly Size: number }[]> = { FAILED: [], PENDING: [], SUCCEEDED: [] };
  const ended = new Set(run.results.map(({ Input: input }) => input));
  const pending = run.inputs.map((input) => JSON.stringify(input)).filter((input) => !ended.has(input));
  const write = async (status: string, list: readonly object[]): Promise<void> => {
    if (list.length === 0) return;
    const [key, body] = [`${folder}/${status}_0.json`, new TextEncoder().encode(JSON.stringify(list))];
    await objects.put(key, body);
    files[status]?.push({ Key: key, Size: body.byteLength });
  };
  for (const status of ['FAILED', 'SUCCEEDED'] as const)
    await write(
      status,
      run.results.filter((one) => one.Status === status),
    );
  await write(
    'PENDING',
    pending.map((input) => ({ Status: 'PENDING', Input: input })),
  );
  const manifest = `${folder}/manifest.json`;
  await objects.put(
    manifest,
    new TextEncoder().encode(JSON.stringify({ DestinationBucket: Bucket, MapRunArn: run.id, ResultFiles: files })),
  );
  return manifest;
}
