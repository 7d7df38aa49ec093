import { existsSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGES = join(import.meta.dirname, '..', '..', 'node_modules');

/** Says which of some packages is not installed; what needs them is left out then. */
export function packagesMissing(...names: readonly string[]): () => string | undefined {
  return () => {
    const missing = names.find((name) => !existsSync(join(PACKAGES, name)));
    return missing === undefined ? undefined : `the package ${missing} is not installed (npm ci brings it)`;
  };
}
