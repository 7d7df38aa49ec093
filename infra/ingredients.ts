import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkEvolution, parseSnapshot } from '../glue/evolution.ts';
import { SERVICES, type ServiceName } from '../lake/metrics.ts';
import type { TableSchema } from '../lake/schema.ts';
import { tablesOf } from '../lake/tables.ts';
import type { EnvironmentConfig } from './config.ts';
import { ConfigurationError, configurationError } from './errors.ts';
import type { Ingredients } from './installation.ts';

type Pipeline = Parameters<typeof tablesOf>[0];

const ROOT = join(import.meta.dirname, '..');
/** Where the build of the functions puts a folder for each pipeline, with one for each function. */
const FUNCTIONS_DIR = join(ROOT, '.headrace', 'functions');
/** The one file that Lambda starts from. */
const ENTRY = 'index.mjs';

/**
 * Loads what the stacks of an environment are made from: the pipeline's tables and the built functions in `functionsDir`. Throws
 * errors of one line: ConfigurationError, or UsageError for a schema change that old files cannot answer.
 */
export async function loadIngredients(
  config: EnvironmentConfig,
  functionsDir = join(FUNCTIONS_DIR, config.pipeline),
): Promise<Ingredients> {
  const pipeline = await loadPipeline(config);
  const tables = tablesOf(pipeline);
  checkSnapshot(config.pipeline, tables);
  return { config, pipeline: pipeline.name, tables, retention: pipeline.lake, assetDir: builtFunctions(functionsDir) };
}

async function loadPipeline({ env, pipeline: folder }: EnvironmentConfig): Promise<Pipeline> {
  const file = join(ROOT, 'pipelines', folder, 'pipeline.ts');
  if (!existsSync(file)) throw configurationError(`environment ${env}: pipeline`, folder, 'a folder in pipelines/ with a file pipeline.ts');
  const module = (await import(pathToFileURL(file).href)) as { readonly pipeline?: Pipeline };
  if (module.pipeline?.name !== folder)
    throw configurationError(
      `pipelines/${folder}/pipeline.ts: name of its export pipeline`,
      module.pipeline?.name,
      `${folder}, as the folder`,
    );
  return module.pipeline;
}

/** Refuses to deploy columns that files of the published form cannot answer. */
function checkSnapshot(folder: string, tables: readonly TableSchema[]): void {
  const where = `pipelines/${folder}/schema.snapshot.json`;
  const file = join(ROOT, where);
  if (existsSync(file)) checkEvolution(parseSnapshot(readFileSync(file, 'utf8'), where), tables);
}

function builtFunctions(dir: string): (service: ServiceName) => string {
  const missing = SERVICES.map((service) => join(dir, service, ENTRY)).find((file) => !existsSync(file));
  if (missing !== undefined)
    throw new ConfigurationError(`built functions: ${relative(ROOT, missing)} is not there; run: npm run build:functions`);
  return (service) => join(dir, service);
}
