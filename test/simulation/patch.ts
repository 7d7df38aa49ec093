import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A change of one source file: `find` occurs in it exactly once. */
export interface Patch {
  /** Path from the root of the project. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const ROOT = new URL('../../', import.meta.url);

/** Changes source files as they are loaded in this thread; the files stay as they are. Throws if a patch no longer fits. */
export function applyPatches(patches: readonly Patch[]): void {
  const byUrl = new Map<string, string>();
  for (const { file, find, replace } of patches) {
    const url = new URL(file, ROOT).href;
    const source = byUrl.get(url) ?? readFileSync(fileURLToPath(url), 'utf8');
    if (source.split(find).length !== 2)
      throw new Error(`patch of ${file}: ${JSON.stringify(find)} is there ${source.split(find).length - 1} times; allowed: once`);
    byUrl.set(
      url,
      source.replace(find, () => replace),
    );
  }
  registerHooks({
    load: (url, context, next) => {
      const source = byUrl.get(url);
      return source === undefined ? next(url, context) : { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}
