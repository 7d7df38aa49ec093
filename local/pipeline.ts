import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Pipeline } from '../core/definition/pipeline.ts';
import { UsageError, usageError } from '../core/errors.ts';
import { candidateRules, type LoadedRules, rulesOf } from '../pipelines/rule-files.ts';

/** One pipeline folder, read and checked: the definition and its rules. */
export interface LoadedPipeline {
  /** Folder it came from, as given. */
  readonly dir: string;
  readonly pipeline: Pipeline;
  readonly rules: LoadedRules;
}

/** Members that tell a checked pipeline from any other export. */
const PIPELINE_MEMBERS = ['eventTypes', 'aggregates', 'features', 'time'] as const;

/**
 * Loads `<dir>/pipeline.ts` and the rules beside it, and compiles the rules, so that what is wrong shows before anything starts.
 * Throws UsageError of one line when the folder, its export, the definition or a rule is wrong.
 */
export async function loadPipeline(dir: string): Promise<LoadedPipeline> {
  const pipeline = await importPipeline(dir);
  return { dir, pipeline, rules: await rulesOf(pipeline, dir) };
}

/** Rules of another folder for the same pipeline; its lists, if that folder has none. Throws UsageError. */
export function candidateOf({ pipeline, rules }: LoadedPipeline, dir: string): Promise<LoadedRules> {
  return candidateRules(pipeline, dir, rules);
}

async function importPipeline(dir: string): Promise<Pipeline> {
  const file = join(dir, 'pipeline.ts');
  if (!existsSync(file)) throw usageError('pipeline folder', dir, 'a folder with a file pipeline.ts, such as pipelines/payments');
  const { pipeline } = await importModule(file);
  if (!isPipeline(pipeline)) {
    throw usageError(`${file}: export named pipeline`, shown(pipeline), 'export const pipeline = definePipeline({...})');
  }
  return pipeline;
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${file}: ${error.message}`, { cause: error });
    const reason = String(error).split('\n', 1)[0] ?? '';
    throw new UsageError(`${file}: not loadable: got ${reason}; allowed: TypeScript that Node runs as it is`, { cause: error });
  }
}

function isPipeline(value: unknown): value is Pipeline {
  if (typeof value !== 'object' || value === null) return false;
  return typeof Reflect.get(value, 'name') === 'string' && PIPELINE_MEMBERS.every((name) => typeof Reflect.get(value, name) === 'object');
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : typeof value;
}
