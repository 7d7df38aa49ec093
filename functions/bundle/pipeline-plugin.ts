import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import type { Pipeline } from '../../core/definition/pipeline.ts';
import { usageError } from '../../core/errors.ts';
import { rulesOf } from '../../pipelines/rule-files.ts';

/** Folder that pipelines are named in. */
const PIPELINES = 'pipelines';
const MODULE = 'headrace:pipeline';

/**
 * Makes the module `headrace:pipeline` of a bundle: the definition of one pipeline as code, its rules as data, with the version that the
 * one-machine mode gives the same files. `root` is the project's folder. Throws UsageError for an unknown pipeline or a wrong rule.
 */
export async function pipelinePlugin(root: string, name: string): Promise<Plugin> {
  const dir = join(PIPELINES, name);
  const file = join(root, dir, 'pipeline.ts');
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(file)) {
    throw usageError('--pipeline', name, `the name of a folder in ${PIPELINES}/ with a file pipeline.ts`);
  }
  const { pipeline } = (await import(pathToFileURL(resolve(file)).href)) as { readonly pipeline: Pipeline };
  if (pipeline.name !== name) throw usageError(`${dir}/pipeline.ts: name`, pipeline.name, `${name}, the name of its folder`);
  const rules = await rulesOf(pipeline, join(root, dir));
  const contents = `export { pipeline } from './${dir}/pipeline.ts';\nexport const rules = ${JSON.stringify(rules)};\n`;
  return {
    name: MODULE,
    setup: (build) => {
      build.onResolve({ filter: new RegExp(`^${MODULE}$`) }, () => ({ path: name, namespace: MODULE }));
      build.onLoad({ filter: /.*/, namespace: MODULE }, () => ({ contents, loader: 'js', resolveDir: root }));
    },
  };
}
